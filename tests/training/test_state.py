from collections.abc import Callable

import pytest
import torch

from winnow.training.state import Progress, State

MakeState = Callable[..., State]
Train = Callable[[State, int], None]


@pytest.mark.parametrize("name", ["adamw", "sgd"])
@pytest.mark.parametrize("with_ema", [True, False])
def test_a_restored_state_goes_on_exactly_as_the_one_it_was_taken_from(
    name: str, with_ema: bool, make_state: MakeState, train_on_noise: Train
) -> None:
    state = make_state(name, with_ema=with_ema)
    train_on_noise(state, 3)
    state.keep_as_best()
    tensors, progress = state.tensors(), state.progress_as_dict()
    resumed = make_state(name, with_ema=with_ema)
    resumed.restore(tensors, progress)
    train_on_noise(state, 3)
    train_on_noise(resumed, 3)
    expected, got = state.tensors(), resumed.tensors()
    assert expected.keys() == got.keys()
    assert all(torch.equal(expected[name], got[name]) for name in expected)
    assert resumed.progress == state.progress


def test_moments_are_restored_in_the_memory_layout_of_their_weights(
    make_state: MakeState, train_on_noise: Train
) -> None:
    state = make_state()
    train_on_noise(state, 1)
    resumed = make_state()
    resumed.restore(state.tensors(), state.progress_as_dict())
    (weight, *_) = resumed.optimizer.param_groups[0]["params"]
    assert resumed.optimizer.state[weight]["exp_avg"].stride() == weight.stride()
    assert weight.stride() != weight.contiguous().stride()


def test_the_best_weights_are_a_copy_that_further_training_does_not_move(
    make_state: MakeState, train_on_noise: Train
) -> None:
    state = make_state()
    train_on_noise(state, 2)
    state.keep_as_best()
    before = {name: tensor.clone() for name, tensor in state.best.items()}
    train_on_noise(state, 2)
    assert all(torch.equal(state.best[name], before[name]) for name in before)
    assert any(not torch.equal(state.judged.state_dict()[name], before[name]) for name in before)


def test_the_average_is_what_is_judged(make_state: MakeState) -> None:
    averaged, plain = make_state(), make_state(with_ema=False)
    assert averaged.ema is not None
    assert averaged.judged is averaged.ema.model
    assert plain.judged is plain.model


def test_ending_an_epoch_files_its_row_and_counts_anew() -> None:
    progress = Progress(step=7, loss_sum=2.5, num_correct=3, num_seen=4)
    progress.end_epoch({"train/loss": 0.5})
    assert progress == Progress(step=7, history=[{"train/loss": 0.5}])
