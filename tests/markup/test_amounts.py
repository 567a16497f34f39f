import pytest

from winnow.markup.amounts import bytes_text, seconds_text


@pytest.mark.parametrize(
    ("num_bytes", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (11_200_000, "11.2 MB"), (3e15, "3,000.0 TB")],
)
def test_bytes_have_the_unit_that_fits(num_bytes: float, words: str) -> None:
    assert bytes_text(num_bytes) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (59.9, "59.9 s"),
        (60, "1 min 0 s"),
        (244, "4 min 4 s"),
        (3599.6, "60 min 0 s"),
        (7500, "2 h 5 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_seconds_are_told_in_two_units(seconds: float, words: str) -> None:
    assert seconds_text(seconds) == words
