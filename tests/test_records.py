import pytest

from winnow.errors import FormatError, InputError
from winnow.records import Count, Document, Number, Record


class Leaf(Record):
    length_mm: Number
    count: Count


class Plant(Document):
    writer = "grow"
    leaves: list[Leaf]


PLANT = Plant(leaves=[Leaf(length_mm=1.5, count=2)])


def test_a_document_comes_back_as_it_went() -> None:
    assert PLANT.as_dict() == {
        "schema": 1,
        "task": "single_label",
        "leaves": [{"length_mm": 1.5, "count": 2}],
    }
    assert Plant.from_dict(PLANT.as_dict(), "plant.json") == PLANT


@pytest.mark.parametrize(
    "leaf",
    [
        {"length_mm": 1.5},
        {"length_mm": 1.5, "count": 2, "colour": "green"},
        {"length_mm": float("inf"), "count": 2},
        {"length_mm": 1.5, "count": -1},
        {"length_mm": 1.5, "count": 2**63},
    ],
)
def test_what_is_not_expected_is_refused_by_its_place(leaf: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"plant\.json: leaves\.0\.\w+: .*\n.*`grow` writes it"):
        Plant.from_dict({**PLANT.as_dict(), "leaves": [leaf]}, "plant.json")


def test_another_schema_is_refused_by_name() -> None:
    with pytest.raises(FormatError, match="schema"):
        Plant.from_dict({**PLANT.as_dict(), "schema": 2}, "plant.json")
