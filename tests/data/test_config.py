import pytest
from pydantic import ValidationError

from winnow.data.config import DataConfig, NearDuplicatesConfig, PrepareConfig
from winnow.transforms.spec import PreprocessSpec

PREPARE = {
    "size": 16,
    "channels": 1,
    "fit": "stretch",
    "resample": "bicubic",
    "alpha": "composite",
    "background": [255, 255, 255],
    "near_duplicates": {"hold_out": True, "max_distance": 16, "max_difference": 0.1},
}


@pytest.mark.parametrize(("val", "test"), [(0.5, 0.5), (0.9, 0.2), (1.0, 0.0), (-0.1, 0.2)])
def test_fractions_leave_room_for_training(val: float, test: float) -> None:
    with pytest.raises(ValidationError):
        DataConfig(seed=0, val_fraction=val, test_fraction=test)


def test_the_pixels_are_decided_by_the_spec_alone() -> None:
    config = PrepareConfig.model_validate(PREPARE)
    other = {**PREPARE, "near_duplicates": {"hold_out": False, "max_distance": 0, "max_difference": 0.0}}
    assert type(config.spec()) is PreprocessSpec
    assert config.spec() == PrepareConfig.model_validate(other).spec()


@pytest.mark.parametrize("changes", [{"max_distance": 33}, {"max_difference": 1.1}, {"hold_out": "yes"}])
def test_thresholds_out_of_range_are_refused(changes: dict[str, object]) -> None:
    good = {"hold_out": True, "max_distance": 16, "max_difference": 0.1}
    with pytest.raises(ValidationError, match=next(iter(changes))):
        NearDuplicatesConfig.model_validate({**good, **changes})
