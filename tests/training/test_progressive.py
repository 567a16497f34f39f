from collections.abc import Callable

import pytest
import torch

from winnow.errors import ConfigError
from winnow.models.bundle import Architecture
from winnow.training.config import ProgressiveConfig
from winnow.training.progressive import require_any_size, shrink, size_at

HALF = ProgressiveConfig(start_fraction=0.5, full_from=0.5)


def test_the_size_grows_evenly_and_is_full_from_where_it_should_be() -> None:
    sizes = [size_at(step / 100, 64, HALF) for step in range(100)]
    assert sizes[0] == 32
    assert sizes[25] == 48
    assert set(sizes[50:]) == {64}
    assert sizes == sorted(sizes)


def test_sizes_are_few_and_never_below_what_a_network_can_read() -> None:
    quarter = ProgressiveConfig(start_fraction=0.25, full_from=1.0)
    assert {size_at(step / 100, 16, quarter) for step in range(100)} == {8, 12, 16}


@pytest.mark.parametrize("full_px", [8, 28, 63, 224])
def test_switched_off_every_step_has_the_full_size(full_px: int) -> None:
    off = ProgressiveConfig(start_fraction=1.0, full_from=0.5)
    assert {size_at(step / 10, full_px, off) for step in range(10)} == {full_px}


def test_no_step_sees_more_than_the_full_size() -> None:
    assert all(size_at(step / 100, 30, HALF) <= 30 for step in range(100))


def test_shrinking_averages_and_full_size_is_left_alone() -> None:
    images = torch.arange(2 * 1 * 8 * 8, dtype=torch.float32).view(2, 1, 8, 8)
    assert shrink(images, 8) is images
    small = shrink(images, 4)
    assert small.shape == (2, 1, 4, 4)
    assert small.mean().item() == pytest.approx(images.mean().item())


def test_a_run_trains_on_small_images_first_and_validates_on_whole_ones(
    make_run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("winnow.training.progressive._SMALLEST_PX", 4)
    run = make_run(progressive__start_fraction=0.5, progressive__full_from=0.5, epochs=2)
    seen: list[tuple[bool, int]] = []
    head = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(1, 3))
    head.register_forward_pre_hook(lambda module, inputs: seen.append((module.training, inputs[0].shape[-1])))
    run.state.model = head
    run.state.ema = None
    run.state.optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    run.go()
    trained = [size for training, size in seen if training]
    assert trained[0] == 4
    assert trained[-1] == 8
    assert {size for training, size in seen if not training} == {8}


def test_a_network_of_one_size_is_refused_before_the_first_step() -> None:
    wanted = Architecture(name="own:net", num_classes=3, channels=1, size=16, options={})
    fixed = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(256, 3))
    require_any_size(fixed, wanted, ProgressiveConfig(start_fraction=1.0, full_from=0.5))
    with pytest.raises(ConfigError, match="cannot read") as error:
        require_any_size(fixed, wanted, HALF)
    assert "start_fraction" in error.value.hint
