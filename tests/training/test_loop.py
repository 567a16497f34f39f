import json
import logging
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from winnow.errors import DivergenceError
from winnow.training import loop
from winnow.training.step import take_step

MakeRun = Callable[..., Any]
NUM_STEPS = 3 * 5  # three epochs of 72 images by 16: four whole batches and a short one


class KilledError(Exception):
    """Stands for the end of the process."""


def after_steps(num_steps: int, action: Callable[[], object]) -> Callable[..., Any]:
    """Return a `take_step` that does `action` once `num_steps` were taken."""
    taken = 0

    def step(*arguments: Any) -> Any:
        nonlocal taken
        outcome = take_step(*arguments)
        taken += 1
        if taken == num_steps:
            action()
        return outcome

    return step


def kill() -> None:
    raise KilledError


def curve(run: Any, name: str) -> list[float]:
    lines = (run.folder / "curves/plots/metrics" / f"{name}.tsv").read_text().splitlines()
    return [float(line.split("\t")[1]) for line in lines[1:]]


def test_the_toy_problem_is_learned(make_run: MakeRun) -> None:
    run = make_run(epochs=6)
    run.go()
    history = run.state.progress.history
    assert history[-1]["train/loss"] < history[0]["train/loss"]
    assert max(row["val/accuracy"] for row in history) > 0.9


def test_two_runs_are_equal_to_the_last_bit_and_another_seed_is_not(make_run: MakeRun) -> None:
    runs = [make_run("one"), make_run("two"), make_run("other", seed=1)]
    for run in runs:
        run.go()
    assert runs[0].result() == runs[1].result()
    assert runs[0].result() != runs[2].result()


@pytest.mark.parametrize("checkpoint_every_s", [0.0, 3600.0])
@pytest.mark.parametrize(
    "changes",
    [{}, {"optimizer__name": "sgd", "ema_decay": None}, {"augment__mixup": 0.4, "augment__cutmix": 1.0}],
    ids=["adamw and average", "sgd", "mixed"],
)
def test_a_run_killed_at_random_steps_ends_like_one_that_was_not(
    changes: dict[str, Any], checkpoint_every_s: float, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make_run("whole", **changes)
    whole.go()
    rng = random.Random(f"{changes}{checkpoint_every_s}")
    for _ in range(3):
        monkeypatch.setattr(loop, "take_step", after_steps(rng.randint(1, 8), kill))
        with pytest.raises(KilledError):
            make_run("killed", checkpoint_every_s=checkpoint_every_s, **changes).go()
    monkeypatch.setattr(loop, "take_step", take_step)
    resumed = make_run("killed", checkpoint_every_s=checkpoint_every_s, **changes)
    resumed.go()
    assert resumed.result() == whole.result()


def test_a_run_killed_after_its_last_epoch_only_ends(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = make_run()
    whole.go()
    monkeypatch.setattr(loop, "take_step", after_steps(1, kill))
    again = make_run()
    assert again.go().num_images == 0
    assert again.result() == whole.result()


def test_asking_politely_writes_a_checkpoint_and_the_next_run_goes_on(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = make_run("whole")
    whole.go()
    monkeypatch.setattr(loop, "take_step", after_steps(7, lambda: os.kill(os.getpid(), signal.SIGINT)))
    stopped = make_run("stopped")
    with caplog.at_level(logging.WARNING, logger="winnow"), pytest.raises(KeyboardInterrupt):
        stopped.go()
    assert "stopped after step 7" in caplog.text
    monkeypatch.setattr(loop, "take_step", take_step)
    resumed = make_run("stopped")
    assert resumed.go().num_images == 72 * 3 - (72 + 2 * 16)
    assert resumed.result() == whole.result()


def test_the_weights_of_the_best_epoch_are_kept(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    accuracies = iter([0.5, 0.9, 0.7])
    kept: list[torch.Tensor] = []

    def judge(_setup: object, model: torch.nn.Module, _loader: object) -> dict[str, float]:
        kept.append(model.state_dict()["5.weight"].clone())
        return {"val/loss": 1.0, "val/accuracy": next(accuracies)}

    monkeypatch.setattr(loop, "validate", judge)
    run = make_run()
    run.go()
    assert torch.equal(run.state.judged.state_dict()["5.weight"], kept[1])
    assert not torch.equal(kept[1], kept[2])
    assert not run.state.judged.training


def test_select_last_keeps_the_last_epoch_and_needs_no_validation_images(make_run: MakeRun) -> None:
    run = make_run(select="last", num_val=0)
    run.go()
    assert run.state.best == {}
    assert sorted(run.state.progress.history[0]) == ["lr", "train/accuracy", "train/loss"]


def test_training_stops_early_when_nothing_gets_better(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "validate", lambda *_: {"val/loss": 1.0, "val/accuracy": 0.5})
    run = make_run(epochs=10, early_stop_epochs=2)
    run.go()
    assert len(run.state.progress.history) == 3


@pytest.mark.parametrize("window_steps", [1, 4])
def test_a_loss_that_is_not_finite_stops_and_names_the_step_and_the_last_good_checkpoint(
    window_steps: int, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop.Loop, "_window_steps", lambda _: window_steps)
    run = make_run()

    def spoil() -> None:
        with torch.no_grad():
            run.state.model[5].weight.fill_(float("nan"))

    monkeypatch.setattr(loop, "take_step", after_steps(6, spoil))
    with pytest.raises(
        DivergenceError, match=r"nan for the loss at step 7 \(epoch 2 of 3, learning rate 0\.0"
    ) as caught:
        run.go()
    assert str(run.checkpoints.path) in caught.value.message
    assert caught.value.exit_code == 4
    good = make_run()
    assert good.checkpoints.restore(good.state)
    assert good.state.progress.step == 5
    assert all(torch.isfinite(tensor).all() for tensor in good.state.model.state_dict().values())


def test_a_gradient_that_is_not_finite_stops_before_any_checkpoint_holds_it(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(checkpoint_every_s=0.0, optimizer__clip_norm=None)
    run.state.model[5].weight.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(DivergenceError, match=r"for the norm of the gradients at step 1 .* no checkpoint"):
        run.go()
    assert not run.checkpoints.path.exists()


def test_a_validation_loss_that_is_not_finite_stops(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "validate", lambda *_: {"val/loss": float("inf"), "val/accuracy": 0.5})
    with pytest.raises(DivergenceError, match="inf for the validation loss at step 5"):
        make_run().go()


def test_the_curves_hold_one_row_an_epoch_and_the_rates_of_the_schedule(make_run: MakeRun) -> None:
    run = make_run()
    run.go()
    assert len(curve(run, "val/accuracy")) == len(curve(run, "train/accuracy")) == 3
    assert curve(run, "lr") == [0.02 * run.setup.schedule.fraction(step) for step in (4, 9, 14)]
    assert curve(run, "lr")[-1] == pytest.approx(0.02 * 0.01)
    last = json.loads((run.folder / "curves/metrics.json").read_text())
    assert last["val"]["loss"] == run.state.progress.history[-1]["val/loss"]


def test_every_image_but_a_last_single_one_is_trained_on(make_run: MakeRun) -> None:
    assert make_run("short", epochs=1, num_train=34).go().num_images == 34
    assert make_run("single", epochs=1, num_train=33).go().num_images == 32


def test_each_epoch_is_told_in_one_line(make_run: MakeRun, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="winnow"):
        make_run(epochs=2).go()
    assert [line.split(":")[0] for line in caplog.messages] == ["epoch 1 of 2", "epoch 2 of 2"]
    assert "val/accuracy" in caplog.messages[0]


def test_a_loss_from_custom_trains(make_run: MakeRun, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "losses.py").write_text(
        "def brier(logits, targets, *, scale):\n    return scale * (logits.softmax(1) - targets).square().mean()\n"
    )
    run = make_run(
        epochs=6,
        custom=tmp_path / "own",
        loss__name="losses:brier",
        loss__label_smoothing=0.0,
        loss__options={"scale": 3.0},
    )
    run.go()
    assert max(curve(run, "val/accuracy")) > 0.9
    assert max(curve(run, "train/loss")) < 3.0
