from collections.abc import Callable
from typing import Any

import pytest
import torch

from winnow.errors import ConfigError

MakeRun = Callable[..., Any]


def test_an_epoch_leaves_out_only_a_last_single_image(make_run: MakeRun) -> None:
    assert [len(make_run(num_train=num).setup.train) for num in (32, 33, 34)] == [2, 2, 3]


def test_the_schedule_spans_all_steps_of_the_run(make_run: MakeRun) -> None:
    schedule = make_run(epochs=4, num_train=40).setup.schedule
    assert (schedule.num_steps, schedule.num_warmup_steps) == (12, 2)


@pytest.mark.parametrize("num_train", [0, 1])
def test_too_few_training_images_are_refused(num_train: int, make_run: MakeRun) -> None:
    with pytest.raises(ConfigError, match=f"at least 2 training images, got {num_train}"):
        make_run(num_train=num_train)


@pytest.mark.parametrize("select", ["val_accuracy", "val_loss"])
def test_choosing_an_epoch_without_validation_images_is_refused(select: str, make_run: MakeRun) -> None:
    with pytest.raises(ConfigError, match="needs validation images") as caught:
        make_run(num_val=0, select=select)
    assert "select: last" in caught.value.hint


def test_the_last_epoch_needs_no_validation_images(make_run: MakeRun) -> None:
    assert make_run(num_val=0, select="last").setup.val is None


def test_numbers_are_single_precision_unless_told_otherwise(make_run: MakeRun) -> None:
    assert make_run().setup.dtype is torch.float32
    assert make_run(precision="bf16").setup.dtype is torch.bfloat16
