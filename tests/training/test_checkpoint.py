import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from winnow.training.checkpoint import Checkpoints, run_key
from winnow.training.state import State

MakeState = Callable[..., State]
Train = Callable[[State, int], None]


@pytest.fixture
def state(make_state: MakeState, train_on_noise: Train) -> State:
    state = make_state()
    train_on_noise(state, 2)
    state.keep_as_best()
    state.progress.loss_sum = 0.1 + 0.2
    state.progress.end_epoch({"train/loss": 1 / 3})
    return state


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints", "a" * 20)


def test_what_was_saved_comes_back_bit_by_bit(state: State, checkpoints: Checkpoints, make_state: MakeState) -> None:
    checkpoints.save(state)
    restored = make_state()
    assert checkpoints.restore(restored)
    expected, got = state.tensors(), restored.tensors()
    assert expected.keys() == got.keys()
    assert all(torch.equal(expected[name], got[name]) for name in expected)
    assert restored.progress == state.progress


def test_without_a_checkpoint_nothing_changes(checkpoints: Checkpoints, make_state: MakeState) -> None:
    state = make_state()
    before = state.tensors()
    assert not checkpoints.restore(state)
    assert all(torch.equal(before[name], tensor) for name, tensor in state.tensors().items())


def test_weights_that_share_memory_can_be_saved(checkpoints: Checkpoints) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    checkpoints.save(State(model=model, optimizer=torch.optim.SGD(model.parameters()), ema=None))
    assert checkpoints.path.is_file()


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip_a_bit_of_a_weight(content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]


def forget_the_header(content: bytes) -> bytes:
    return content.replace(b'"winnow"', b'"wonnow"', 1)


@pytest.mark.parametrize(
    "damage", [cut, flip_a_bit_of_a_weight, forget_the_header, lambda _: b"", lambda _: b"not a checkpoint"]
)
def test_a_damaged_checkpoint_is_set_aside_with_a_warning_and_touches_nothing(
    damage: Callable[[bytes], bytes],
    state: State,
    checkpoints: Checkpoints,
    make_state: MakeState,
    caplog: pytest.LogCaptureFixture,
) -> None:
    checkpoints.save(state)
    checkpoints.path.write_bytes(damage(checkpoints.path.read_bytes()))
    fresh = make_state()
    before = fresh.tensors()
    with caplog.at_level(logging.WARNING, logger="winnow"):
        assert not checkpoints.restore(fresh)
    assert "training starts over" in caplog.text
    assert not checkpoints.path.exists()
    assert checkpoints.path.with_suffix(".damaged").is_file()
    assert all(torch.equal(before[name], tensor) for name, tensor in fresh.tensors().items())
    assert fresh.progress.step == 0


def test_a_failed_save_leaves_the_last_one_whole(
    state: State, checkpoints: Checkpoints, make_state: MakeState, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints.save(state)

    def half_write(_tensors: object, path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("winnow.training.checkpoint.save_file", half_write)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save(state)
    assert checkpoints.restore(make_state())
    assert [path.name for path in checkpoints.path.parent.iterdir()] == [checkpoints.path.name]


def test_pruning_keeps_this_run_and_the_two_newest_others(state: State, checkpoints: Checkpoints) -> None:
    others = [Checkpoints(checkpoints.folder, letter * 20) for letter in "bcde"]
    for age, run in enumerate([checkpoints, *others]):
        run.save(state)
        os.utime(run.path.parent, (1000 + age, 1000 + age))
    checkpoints.prune()
    assert sorted(folder.name[0] for folder in checkpoints.folder.iterdir()) == ["a", "d", "e"]


def test_removing_and_pruning_what_is_not_there_is_no_error(checkpoints: Checkpoints) -> None:
    checkpoints.prune()
    checkpoints.remove()


def test_the_key_of_a_run_changes_with_what_decides_its_bytes(make_state: MakeState, train_on_noise: Train) -> None:
    start, other = make_state(), make_state()
    train_on_noise(other, 1)
    key = run_key({"lr": 0.1, "data": "x"}, start)
    assert key == run_key({"data": "x", "lr": 0.1}, make_state())
    changed = {run_key({"lr": 0.2, "data": "x"}, start), run_key({"lr": 0.1, "data": "y"}, start)}
    assert len({key, run_key({"lr": 0.1, "data": "x"}, other), *changed}) == 4
    assert len(key) == 20
