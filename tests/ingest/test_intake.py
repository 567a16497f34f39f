from collections.abc import Callable, Sequence

import pytest

from winnow.data.labels import Labels
from winnow.data.parts import part_ids
from winnow.ingest import intake
from winnow.ingest.config import AddConfig
from winnow.ingest.intake import Move, Staged, stage
from winnow.ingest.source_item import Source
from winnow.ingest.tombstones import add_erased
from winnow.project import Project

TinyId = Callable[[int], str]
Images = dict[str, tuple[int, str]]
MakeSource = Callable[[dict[str, tuple[int, str]]], Source]
Stage = Callable[..., Staged]


@pytest.fixture
def staged(project: Project, list_source: MakeSource, config: AddConfig) -> Stage:
    """Stage `name -> (number, label)` beside the given known images."""

    def run(images: Images, known: Sequence[tuple[str, str]] = (), part_size_mb: int = 1) -> Staged:

        labels = Labels.from_rows((image, label, "", "", "") for image, label in known)
        changed = config.model_copy(update={"part_size_mb": part_size_mb})
        return stage(project, list_source(images), labels, changed)

    return run


def ids(staged: Staged) -> list[str]:
    return [image for part in staged.parts for image in part_ids(part).to_pylist()]


def test_new_images_get_a_row_and_a_place_in_a_part(project: Project, staged: Stage, tiny_id: TinyId) -> None:
    result = staged({"b": (2, "dog"), "a": (1, "cat")})
    assert sorted(result.rows.rows()) == sorted([(tiny_id(2), "dog", "b", "", ""), (tiny_id(1), "cat", "a", "", "")])
    assert ids(result) == [tiny_id(2), tiny_id(1)]
    assert [part.parent for part in result.parts] == [project.staging]
    assert result.class_counts() == {"cat": 1, "dog": 1}
    assert not project.labels.exists()


def test_every_item_is_counted_once(staged: Stage, tiny_id: TinyId) -> None:
    images = {"new": (1, "a"), "again": (1, "a"), "known": (2, "a"), "bad": (-1, "a"), "x": (3, "a"), "y": (3, "b")}
    result = staged(images, known=[(tiny_id(2), "a")])
    assert (result.num_found, len(result.rows), result.num_known, result.num_repeated) == (6, 1, 1, 1)
    assert [(refusal.path, refusal.check) for refusal in result.refusals] == [
        ("bad", "Q102"),
        ("x", "Q203"),
        ("y", "Q203"),
    ]


def test_nothing_new_gives_no_part(staged: Stage, tiny_id: TinyId) -> None:
    result = staged({"a": (1, "cat")}, known=[(tiny_id(1), "cat")])
    assert (result.parts, len(result.rows)) == ([], 0)


def test_a_clash_takes_the_first_copy_out_of_its_part_again(staged: Stage, tiny_id: TinyId) -> None:
    clean = staged({"a": (1, "cat"), "c": (3, "cat")})
    [undisturbed] = [part.name for part in clean.parts]
    result = staged({"a": (1, "cat"), "b": (2, "cat"), "c": (3, "cat"), "d": (2, "dog"), "e": (2, "cat")})
    assert [part.name for part in result.parts] == [undisturbed]
    assert undisturbed in [path.name for path in result.parts[0].parent.iterdir()]
    assert len(list(result.parts[0].parent.iterdir())) == 1
    assert set(result.rows.column("id")) == {tiny_id(1), tiny_id(3)}
    assert [refusal.path for refusal in result.refusals] == ["b", "d", "e"]


def test_a_part_of_clashing_images_only_disappears(staged: Stage) -> None:
    result = staged({"a": (1, "cat"), "b": (1, "dog")})
    assert (result.parts, len(result.rows), len(result.refusals)) == ([], 0, 2)


def test_a_known_image_under_another_label_is_a_move(staged: Stage, tiny_id: TinyId) -> None:
    result = staged({"a": (1, "dog")}, known=[(tiny_id(1), "cat")])
    assert result.moves == {tiny_id(1): Move("a", "cat", "dog")}
    result.refuse_moves()
    assert result.moves == {}
    [refusal] = result.refusals
    assert (refusal.path, refusal.check) == ("a", "Q203")
    assert "winnow relabel" in refusal.reason


def test_a_known_image_in_two_places_moves_nowhere(staged: Stage, tiny_id: TinyId) -> None:
    for first, second in (("dog", "cow"), ("dog", "cat"), ("cat", "dog")):
        result = staged({"a": (1, first), "b": (1, second)}, known=[(tiny_id(1), "cat")])
        assert result.moves == {}
        assert all(refusal.check == "Q203" for refusal in result.refusals)
        assert result.num_found == result.num_known + len(result.refusals)


def test_known_images_that_the_source_lacks_are_missing(staged: Stage, tiny_id: TinyId) -> None:
    assert staged({"a": (1, "cat")}, known=[(tiny_id(1), "cat"), (tiny_id(2), "cat")]).missing == [tiny_id(2)]


@pytest.mark.slow
def test_workers_give_the_same_bytes_as_this_process(staged: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    images = {f"{number:04}": (number, str(number % 3)) for number in range(600)}
    alone = [part.name for part in staged(images).parts]
    monkeypatch.setattr(intake, "INLINE_CHUNKS", 0)
    assert [part.name for part in staged(images).parts] == alone


def test_an_erased_image_is_refused_and_its_neighbour_is_not(project: Project, staged: Stage, tiny_id: TinyId) -> None:
    add_erased(project.erased, [tiny_id(1)])
    result = staged({"a": (1, "cat"), "b": (2, "cat")})
    assert ids(result) == [tiny_id(2)]
    assert [(refusal.path, refusal.check) for refusal in result.refusals] == [("a", "Q206")]
