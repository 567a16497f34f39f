"""Data sets as checks see them, written as few words."""

from collections.abc import Callable

import pyarrow as pa
import pytest

from winnow.checks.facts import Facts

SCHEMA = pa.schema(
    [(name, pa.uint32() if name == "row" else pa.string()) for name in ("id", "label", "group", "split", "part", "row")]
)


def make_facts(*rows: tuple[str, str, int], groups: dict[int, str] | None = None, **further: object) -> Facts:
    """Return facts of (label, split, number of images); `groups` names the group of the images at some places."""
    images = [{"label": label, "split": split, "part": "part-a"} for label, split, count in rows for _ in range(count)]
    for at, image in enumerate(images):
        image |= {"id": f"{at:020x}", "row": at, "group": (groups or {}).get(at, "")}
    return Facts(pa.Table.from_pylist(images, SCHEMA), **{"num_unlabelled": 0, **further})


@pytest.fixture
def facts() -> Callable[..., Facts]:
    return make_facts


@pytest.fixture
def sound() -> Facts:
    """Return a data set that no check complains about."""
    return make_facts(*((label, split, 12) for label in ("ash", "oak") for split in ("train", "val", "test")))
