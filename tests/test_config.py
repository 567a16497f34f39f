"""`params.yaml`: complete, strictly typed, and helpful about mistakes."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from winnow.config import Section, nearest, parse_section, read_params, read_section
from winnow.errors import ConfigError
from winnow.project import Project


class Filter(Section):
    name: Annotated[str, Field(examples=["blur"])]
    """What to do."""


class Inner(Section):
    rate: Annotated[float, Field(ge=0.0, le=1.0, examples=[0.5])]
    """A share."""


class Toy(Section):
    epochs: Annotated[int, Field(ge=1, examples=[20])]
    """Passes."""
    device: Annotated[Literal["cpu", "cuda"], Field(examples=["cpu"])]
    """Where."""
    decay: Annotated[float | None, Field(gt=0.0, examples=[None])]
    """How fast."""
    fast: Annotated[bool, Field(examples=[True])]
    """Hurry."""
    inner: Inner
    filters: Annotated[list[Filter], Field(examples=[[]])]
    """In this order."""


GOOD: dict[str, Any] = {
    "epochs": 3,
    "device": "cpu",
    "decay": None,
    "fast": False,
    "inner": {"rate": 0.25},
    "filters": [{"name": "blur"}],
}


def refusal(content: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_section(content, "train", Toy, "params.yaml")
    assert caught.value.message.startswith("params.yaml: ")
    assert caught.value.hint
    return caught.value


def write_params(folder: Path, text: str) -> Project:
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    return Project(folder)


def test_a_complete_section_is_read() -> None:
    toy = parse_section(GOOD, "train", Toy, "params.yaml")
    assert toy.inner.rate == 0.25
    assert toy.filters[0].name == "blur"


def test_a_whole_number_may_stand_for_a_real_one() -> None:
    assert parse_section({**GOOD, "decay": 1}, "train", Toy, "params.yaml").decay == 1.0


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ({**GOOD, "epoch": 3}, "epochs"),
        ({**GOOD, "inner": {"rate": 0.5, "rates": 1}}, "rate"),
        ({**GOOD, "filters": [{"name": "blur", "nam": 1}]}, "name"),
    ],
)
def test_a_mistyped_key_is_answered_with_the_nearest_one(typed: dict[str, Any], suggested: str) -> None:
    error = refusal(typed)
    assert "unknown key" in error.message
    assert error.hint == f"did you mean `{suggested}`?"


def test_a_key_like_no_other_is_answered_with_all_of_them() -> None:
    assert refusal({**GOOD, "zzz": 3}).hint == "known: epochs, device, decay, fast, inner, filters"


def test_a_mistyped_key_is_named_before_the_key_that_it_hides() -> None:
    content = {**GOOD, "epoch": 3}
    del content["epochs"]
    assert "unknown key `train.epoch`" in refusal(content).message


@pytest.mark.parametrize(
    ("missing", "line"), [("epochs", "`epochs: 20`"), ("decay", "`decay: null`"), ("fast", "`fast: true`")]
)
def test_a_missing_key_comes_with_the_line_to_add(missing: str, line: str) -> None:
    content = {key: value for key, value in GOOD.items() if key != missing}
    error = refusal(content)
    assert f"missing key `train.{missing}`" in error.message
    assert line in error.hint


def test_a_missing_key_inside_a_list_is_named_with_its_place() -> None:
    error = refusal({**GOOD, "filters": [{"name": "blur"}, {}]})
    assert "missing key `train.filters.1.name`" in error.message
    assert "`name: blur`" in error.hint


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epochs", "3"),
        ("epochs", True),
        ("epochs", 0),
        ("epochs", 2.5),
        ("epochs", None),
        ("device", "gpu"),
        ("decay", 0.0),
        ("decay", float("inf")),
        ("decay", float("nan")),
        ("fast", "no"),
        ("fast", 1),
        ("inner", 3),
        ("filters", {"name": "blur"}),
    ],
)
def test_a_wrong_type_or_range_names_the_key_and_what_was_got(key: str, value: Any) -> None:
    error = refusal({**GOOD, key: value})
    assert f"`train.{key}`" in error.message
    assert f"got {value!r}" in error.message


@pytest.mark.parametrize("content", [None, [], "fast", 3])
def test_a_section_that_is_no_mapping_is_refused(content: Any) -> None:
    assert "section `train:`" in refusal(content).message


def test_a_key_that_is_no_word_is_refused() -> None:
    assert "train.7" in refusal({**GOOD, 7: 1}).message


def test_a_section_cannot_be_changed_after_reading() -> None:
    toy = parse_section(GOOD, "train", Toy, "params.yaml")
    with pytest.raises(ValueError, match="frozen"):
        toy.epochs = 4


def test_yaml_is_read_as_dvc_reads_it(tmp_path: Path) -> None:
    project = write_params(tmp_path, "\ufeffschema: 1\ntrain:\n  lr: 1e-3\n  word: no\n  ratio: 010\n")
    assert read_params(project.params)["train"] == {"lr": 0.001, "word": "no", "ratio": 10}


def test_a_section_is_read_from_the_projects_own_file(tmp_path: Path) -> None:
    project = write_params(tmp_path, "schema: 1\nmodel: {rate: 0.5}\n")
    assert read_section(project, "model", Inner).rate == 0.5


def test_an_edit_is_seen_at_once(tmp_path: Path) -> None:
    assert read_section(write_params(tmp_path, "schema: 1\nmodel: {rate: 0.5}\n"), "model", Inner).rate == 0.5
    assert read_section(write_params(tmp_path, "schema: 1\nmodel: {rate: 0.25}\n"), "model", Inner).rate == 0.25


def test_what_was_read_belongs_to_the_caller(tmp_path: Path) -> None:
    project = write_params(tmp_path, "schema: 1\nmodel: {options: {}}\n")
    read_params(project.params)["model"]["options"]["planted"] = 1
    assert read_params(project.params)["model"] == {"options": {}}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("schema: 1\nmodel: [\n", "not valid YAML"),
        ("schema: 1\nmodel: {}\nmodel: {}\n", "not valid YAML"),
        ("schema: 1\nmodel: !!python/object:os.system {}\n", "not valid YAML"),
        ("- schema\n", "expected sections, got list"),
        ("", "expected sections, got NoneType"),
        ("model: {}\n", "expected `schema: 1`, got None"),
        ("schema: 2\n", "expected `schema: 1`, got 2"),
        ("schema: 1\nmodle: {}\n", "unknown section `modle`"),
    ],
)
def test_a_file_that_is_no_params_file_is_refused(text: str, named: str, tmp_path: Path) -> None:
    project = write_params(tmp_path, text)
    with pytest.raises(ConfigError, match=named) as caught:
        read_params(project.params)
    assert str(project.params) in caught.value.message
    assert caught.value.hint


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not valid YAML"):
        read_params(tmp_path / "params.yaml")


def test_a_missing_file_says_where_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="found nothing") as caught:
        read_params(tmp_path / "params.yaml")
    assert "recipes" in caught.value.hint


def test_the_nearest_section_is_named(tmp_path: Path) -> None:
    project = write_params(tmp_path, "schema: 1\nmodle: {}\n")
    with pytest.raises(ConfigError, match="did you mean `model`"):
        read_params(project.params)


def test_nearest_names_the_closest_word_or_all() -> None:
    assert nearest("epohcs", ["epochs", "lr"]) == "did you mean `epochs`?"
    assert nearest("zzz", ("epochs", "lr")) == "known: epochs, lr"
