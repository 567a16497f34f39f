from winnow.load_test.turns import Turns


class Box:
    """A slot that cannot wait: what a test takes has arrived."""

    def __init__(self) -> None:
        self.value = -1.0

    def set(self, value: float) -> None:
        self.value = value

    def get(self) -> float:
        return self.value


def test_the_client_that_became_free_last_goes_first() -> None:
    slots: list[Box] = []

    def make() -> Box:
        slots.append(Box())
        return slots[-1]

    turns = Turns(make)
    turns.take()
    turns.take()
    turns.arrive(1.0)
    turns.arrive(2.0)
    assert [slot.value for slot in slots] == [2.0, 1.0]


def test_who_finds_nobody_waits_and_keeps_its_time() -> None:
    turns = Turns(Box)
    turns.arrive(1.0)
    turns.arrive(2.0)
    assert turns.num_late == 2
    assert [turns.take(), turns.num_late] == [1.0, 1]
    assert turns.drop() == [2.0]
    assert turns.num_late == 0
