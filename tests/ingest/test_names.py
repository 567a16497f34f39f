from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.ingest.names import UNLABELLED, clean, file_name, folder_of_label, label_of_folder


def test_decomposed_names_are_composed() -> None:
    assert clean("cafe\u0301") == "caf\u00e9"


@pytest.mark.parametrize(
    ("odd", "readable"),
    [("a\nb", r"a\nb"), ("\x1b[31m", r"\x1b[31m"), ("a\u2028b", r"a\u2028b"), ("\udcff.png", r"\udcff.png")],
)
def test_what_would_break_a_line_is_escaped(odd: str, readable: str) -> None:
    assert clean(odd) == readable


def test_usual_odd_names_stay_as_they_are() -> None:
    for name in ("+1.png", "-rf", "a b.png", "日本.png", "50%.png", "'\"`$HOME"):
        assert clean(name) == name


@pytest.mark.parametrize(
    ("label", "folder"),
    [
        ("cat", "cat"),
        ("../x", "%2E.%2Fx"),
        ("..", "%2E%2E"),
        ("a/b", "a%2Fb"),
        ("a\\b", "a%5Cb"),
        ("C:", "C%3A"),
        ("50%", "50%25"),
        ("trailing.", "trailing%2E"),
        ("con", "%63on"),
        ("NUL.txt", "%4EUL.txt"),
        ("-rf", "-rf"),
        ("", UNLABELLED),
    ],
)
def test_a_label_becomes_one_safe_folder(label: str, folder: Path) -> None:
    assert folder_of_label(label) == folder
    assert label_of_folder(folder) == label


@given(st.text())
def test_every_clean_label_survives_the_round_trip(text: str) -> None:
    label = clean(text)
    folder = folder_of_label(label)
    assert label_of_folder(folder) == label
    assert "/" not in folder
    assert folder not in ("", ".", "..")


def test_no_label_is_mistaken_for_unlabelled() -> None:
    assert folder_of_label(UNLABELLED) != UNLABELLED


def test_a_file_name_cannot_climb() -> None:
    assert file_name("..") == "%2E%2E"
    assert file_name(".bashrc") == "%2Ebashrc"
