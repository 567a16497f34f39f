"""One seed, many independent streams."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.seeding import derive_seed

NAMES = st.lists(st.one_of(st.text(alphabet=st.characters(codec="utf-8")), st.integers()), max_size=4)


def test_a_derived_seed_is_the_same_on_every_system_and_forever() -> None:
    assert derive_seed(0, "order", 3) == 2_243_224_229_351_528_686


@given(seed=st.integers(min_value=0), names=NAMES)
def test_a_derived_seed_fits_every_generator(seed: int, names: list[str | int]) -> None:
    assert 0 <= derive_seed(seed, *names) < 2**63
    assert derive_seed(seed, *names) == derive_seed(seed, *names)


@pytest.mark.parametrize("other", [(1, "order", 3), (0, "augment", 3), (0, "order", 4), (0, "order"), (0, "order3")])
def test_another_seed_name_or_step_gives_another_stream(other: tuple[int, *tuple[str | int, ...]]) -> None:
    assert derive_seed(*other) != derive_seed(0, "order", 3)
