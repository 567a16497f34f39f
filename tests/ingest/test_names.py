from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.errors import InputError, UsageError
from winnow.ingest.names import (
    UNLABELLED,
    clean,
    file_name,
    folder_of_label,
    folders_of_labels,
    is_storable,
    label_of_folder,
    typed_label,
)


def test_decomposed_names_are_composed() -> None:
    assert clean("cafe\u0301") == "caf\u00e9"


@pytest.mark.parametrize(
    ("odd", "readable"),
    [
        ("\u202egnp", r"\u202egnp"),
        ("\x0e\u0301", "\\x0\u00e9"),
        ("a\nb", r"a\nb"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\u2028b", r"a\u2028b"),
        ("\udcff.png", r"\udcff.png"),
    ],
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
        ("COM\u00b9", "%43OM\u00b9"),
        ("conin$", "%63onin$"),
        ("Thumbs.db", "%54humbs.db"),
        ("__MACOSX", "%5F_MACOSX"),
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


def test_labels_that_differ_in_case_get_folders_that_differ_everywhere() -> None:
    labels = ["cat", "Cat", "CAT", "dog", "stra\u00dfe", "strasse", ""]
    folders = folders_of_labels(labels)
    assert (folders["cat"], folders["Cat"], folders["dog"]) == ("cat", "%u000043at", "dog")
    assert [label_of_folder(folder) for folder in folders.values()] == labels
    assert len({folder.casefold() for folder in folders.values()}) == len(labels)


def test_a_label_must_fit_a_folder() -> None:
    assert is_storable("x" * 255)
    assert not is_storable("x" * 256)
    assert not is_storable(":" * 86)
    with pytest.raises(UsageError, match="shorter class name"):
        typed_label("x" * 256)
    with pytest.raises(InputError, match="shorter class name"):
        folders_of_labels(["x" * 256])
    assert typed_label(" cafe\u0301 ") == "caf\u00e9"


def test_an_escape_that_is_none_stays_as_it_is() -> None:
    assert label_of_folder("%uFFFFFF") == "%uFFFFFF"


def test_no_label_is_mistaken_for_unlabelled() -> None:
    assert folder_of_label(UNLABELLED) != UNLABELLED


def test_a_file_name_cannot_climb() -> None:
    assert file_name("..") == "%2E%2E"
    assert file_name(".bashrc") == "%2Ebashrc"
