import pytest
from pydantic import ValidationError

from winnow.transforms.spec import PreprocessSpec

GOOD = {
    "size": 32,
    "channels": 3,
    "fit": "crop",
    "resample": "bilinear",
    "alpha": "composite",
    "background": [255, 255, 255],
}


def test_a_sample_takes_one_byte_a_value() -> None:
    assert PreprocessSpec(**GOOD).sample_bytes == 32 * 32 * 3


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 3},
        {"size": 2049},
        {"size": 32.0},
        {"channels": 2},
        {"fit": "squeeze"},
        {"resample": "cubic"},
        {"background": [255, 255]},
        {"background": [0, 0, 256]},
    ],
)
def test_values_out_of_range_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(changes))):
        PreprocessSpec.model_validate({**GOOD, **changes})


@pytest.mark.parametrize(("alpha", "channels"), [("keep", 3), ("keep", 1), ("composite", 4)])
def test_transparency_is_kept_in_a_fourth_channel_and_nowhere_else(alpha: str, channels: int) -> None:
    with pytest.raises(ValidationError, match="go together"):
        PreprocessSpec.model_validate({**GOOD, "alpha": alpha, "channels": channels})


def test_it_survives_json_as_a_bundle_carries_it() -> None:
    spec = PreprocessSpec(**GOOD)
    assert PreprocessSpec.model_validate_json(spec.model_dump_json()) == spec
