from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.errors import InputError
from winnow.project import Project
from winnow.repository.dvc import load_yaml
from winnow.verdict.causes.param_changes import (
    MAX_VALUE_CHARS,
    compare_params,
    differing_keys,
    flatten,
    load_params_files,
    look_up,
)
from winnow.verdict.record.context import KeyChange

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
trees = st.dictionaries(
    st.text("abc", min_size=1),
    st.recursive(
        scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text("xyz", min_size=1), inner), max_leaves=8
    ),
    max_size=3,
)


def test_keys_are_dotted_and_values_are_yaml() -> None:
    content = {"a": {"b": 1, "c": {"d": [255, "x"], "e": None}}, "f": "1", "g": 1.0, "h": {}, "i": True}
    assert flatten(content) == {
        "a.b": "1",
        "a.c.d": "[255, x]",
        "a.c.e": "null",
        "f": "'1'",
        "g": "1.0",
        "h": "{}",
        "i": "true",
    }


def test_changed_new_and_removed_keys_are_told() -> None:
    base = {"params.yaml": {"train": {"lr": 0.1, "old": "x"}}}
    head = {"params.yaml": {"train": {"lr": 0.2, "new": [1]}}}
    assert compare_params(base, head) == [
        KeyChange(key="train.lr", base="0.1", head="0.2"),
        KeyChange(key="train.new", base=None, head="[1]"),
        KeyChange(key="train.old", base="x", head=None),
    ]


def test_keys_of_another_file_carry_its_name() -> None:
    found = compare_params({"conf/a.json": {"k": 1}, "params.yaml": {}}, {"params.yaml": {}, "b.toml": {"k": 2}})
    assert [change.key for change in found] == ["b.toml:k", "conf/a.json:k"]


@settings(max_examples=30, deadline=None)
@given(trees)
def test_a_file_does_not_differ_from_itself_and_each_value_is_one_line(content: dict[str, Any]) -> None:
    assert differing_keys(content, content) == []
    assert all("\n" not in value for value in flatten(content).values())


def test_a_long_value_is_cut_but_still_told() -> None:
    (change,) = compare_params({}, {"params.yaml": {"weights": list(range(1000))}})
    assert change.head is not None
    assert len(change.head) == MAX_VALUE_CHARS


@pytest.mark.parametrize(("key", "found"), [("a.b", 1), ("a", {"b": 1}), ("c.1.d", 3), ("a.x", None), ("a.b.c", None)])
def test_a_dotted_key_is_looked_up(key: str, found: Any) -> None:
    content = {"a": {"b": 1}, "c": [2, {"d": 3}]}
    assert look_up(content, key) == ({} if found is None else {key: found})


def test_yaml_json_and_toml_are_read_and_python_is_passed_over() -> None:
    texts = {"params.yaml": "a: 1e-3", "b.json": '{"b": 2}', "c.toml": "c = 2026-01-01\nd = 07:30:00", "d.py": "d = 4"}
    project = Project(Path("anywhere"))
    contents = {project.root / name: text.encode() for name, text in texts.items()}
    found = load_params_files(project, [*texts, "absent.yaml"], contents.get, "main")
    assert {name: flatten(content) for name, content in found.items()} == {
        "params.yaml": {"a": "0.001"},
        "b.json": {"b": "2"},
        "c.toml": {"c": "2026-01-01", "d": "07:30:00"},
    }


@pytest.mark.parametrize(("name", "text"), [("x.json", "[1]"), ("x.json", "{"), ("x.toml", "="), ("x.yaml", "{")])
def test_a_broken_file_is_named_with_its_side(name: str, text: str) -> None:
    with pytest.raises(InputError, match=f"main: {name}"):
        load_params_files(Project(Path("p")), [name], {Path("p") / name: text.encode()}.get, "main")


def test_values_are_read_back_as_what_they_were() -> None:
    content = {"a": "no", "b": "null", "c": 1e-05, "d": "x: y", "e": "\u202eodd"}
    text = "\n".join(f"{key}: {value}" for key, value in flatten(content).items())
    assert load_yaml(text.encode(), "x") == content
