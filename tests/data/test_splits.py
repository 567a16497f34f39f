import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.data.config import DataConfig
from winnow.data.labels import Labels
from winnow.data.splits import deal, position, split_of

fractions = st.tuples(st.floats(0, 0.45), st.floats(0, 0.45))
keys = st.text(max_size=20)


def config(val: float = 0.2, test: float = 0.3, seed: int = 0) -> DataConfig:
    return DataConfig(seed=seed, val_fraction=val, test_fraction=test)


def rows(*cells: tuple[str, str, str]) -> Labels:
    """Return labels of (id, group, split)."""
    return Labels.from_rows((image, "oak", "", group, split) for image, group, split in cells)


def image(number: int) -> str:
    return f"{number:020x}"


def dealt(labels: Labels, settings: DataConfig) -> dict[str, str]:
    return dict(zip(labels.column("id"), deal(labels, settings).to_pylist(), strict=True))


@given(keys, st.integers(0, 2**63))
def test_a_position_lies_in_the_unit_interval(key: str, seed: int) -> None:
    assert 0 <= position(key, seed) < 1


def test_the_positions_of_known_keys_stay_what_they_are() -> None:
    """Another hash would deal every data set anew."""
    assert [round(position(key, 0), 6) for key in ("", "patient 7", image(1))] == [0.894379, 0.516885, 0.513402]


@given(keys, fractions, fractions)
def test_growing_a_fraction_moves_only_training_images_into_it(
    key: str, one: tuple[float, float], other: tuple[float, float]
) -> None:
    small = config(min(one[0], other[0]), min(one[1], other[1]))
    large = config(max(one[0], other[0]), max(one[1], other[1]))
    before, after = split_of(key, small), split_of(key, large)
    assert before in (after, "train")


@given(keys, fractions)
def test_the_val_fraction_never_moves_a_test_image(key: str, sizes: tuple[float, float]) -> None:
    val, test = sizes
    assert (split_of(key, config(val, test)) == "test") == (split_of(key, config(0.0, test)) == "test")


def test_fractions_are_met() -> None:
    splits = [split_of(image(number), config(0.1, 0.2)) for number in range(20_000)]
    assert splits.count("val") / 20_000 == pytest.approx(0.1, abs=0.01)
    assert splits.count("test") / 20_000 == pytest.approx(0.2, abs=0.01)


def test_a_fraction_of_zero_is_empty() -> None:
    assert {split_of(image(number), config(0.0, 0.0)) for number in range(1000)} == {"train"}


def test_another_seed_deals_anew() -> None:
    one, two = ([split_of(image(number), config(seed=seed)) for number in range(300)] for seed in (0, 1))
    assert 50 < sum(first != second for first, second in zip(one, two, strict=True)) < 250


numbers = st.lists(st.integers(0, 500), unique=True, max_size=40)


@given(numbers, numbers)
def test_adding_images_moves_none(old: list[int], new: list[int]) -> None:
    def labels(values: list[int]) -> Labels:
        return rows(*((image(value), f"group {value % 7}" if value % 2 else "", "") for value in values))

    before = dealt(labels(old), config())
    after = dealt(labels(sorted({*old, *new})), config())
    assert before.items() <= after.items()


def test_a_group_stays_together() -> None:
    labels = rows(*((image(number), f"patient {number % 10}", "") for number in range(100)))
    splits = deal(labels, config()).to_pylist()
    assert all(len(set(splits[start::10])) == 1 for start in range(10))
    assert set(splits) == {"train", "val", "test"}


def test_a_group_is_dealt_like_an_image_of_that_name() -> None:
    labels = rows((image(1), "patient 7", ""), (image(2), "", ""))
    assert deal(labels, config()).to_pylist() == [split_of("patient 7", config()), split_of(image(2), config())]


@pytest.mark.parametrize("pin", ["train", "val", "test", "vault"])
def test_a_pin_overrides_the_hash(pin: str) -> None:
    assert set(dealt(rows(*((image(number), "", pin) for number in range(50))), config()).values()) == {pin}


def test_a_pin_holds_for_the_whole_group_and_nobody_else() -> None:
    free = [number for number in range(50) if split_of(image(number), config()) == "train"]
    labels = rows((image(900), "patient 7", "vault"), (image(901), "patient 7", ""), (image(free[0]), "", ""))
    assert dealt(labels, config()) == {image(900): "vault", image(901): "vault", image(free[0]): "train"}


def test_contradicting_pins_are_kept_for_the_check_to_find() -> None:
    labels = rows((image(1), "a", "train"), (image(2), "a", "test"), (image(3), "a", ""))
    assert dealt(labels, config()) == {image(1): "train", image(2): "test", image(3): "train"}


def test_no_images_are_dealt_to_nothing() -> None:
    assert deal(Labels.empty(), config()).to_pylist() == []


def test_an_image_without_group_is_not_touched_by_others_pins() -> None:
    labels = rows((image(1), "", "test"), (image(2), "", ""))
    assert dealt(labels, config())[image(2)] == split_of(image(2), config())


def test_the_result_is_one_array_of_strings() -> None:
    result = deal(rows((image(1), "", ""), (image(2), "g", "val")), config())
    assert isinstance(result, pa.Array)
    assert result.type == pa.string()
    assert result.null_count == 0
