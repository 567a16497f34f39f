from typing import Any

import pytest
from pydantic import ValidationError

from winnow.transforms.augment_config import AugmentConfig

PLAIN: dict[str, Any] = {
    "name": "standard",
    "flip": "none",
    "shift": 0.0,
    "scale": 0.0,
    "rotate_deg": 0.0,
    "color": 0.0,
    "erase": 0.0,
    "mixup": 0.0,
    "cutmix": 0.0,
    "options": {},
}


def test_everything_may_be_off() -> None:
    assert AugmentConfig.model_validate(PLAIN).flip == "none"


@pytest.mark.parametrize(
    ("key", "value"),
    [("flip", "diagonal"), ("shift", 0.6), ("scale", 1.0), ("rotate_deg", 181.0), ("erase", 1.1), ("mixup", -0.1)],
)
def test_values_out_of_range_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        AugmentConfig.model_validate({**PLAIN, key: value})
