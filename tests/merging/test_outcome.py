from dataclasses import replace

import pyarrow as pa
import pytest
from branches import rows, tiny_id

from winnow.data.labels import Labels
from winnow.errors import ExitCode
from winnow.merging.account import Changes
from winnow.merging.builds import BuildsMerge
from winnow.merging.coverage import Coverage
from winnow.merging.labelling import LabelMerge
from winnow.merging.operation import Operation
from winnow.merging.outcome import MergeResult, PartsOutcome
from winnow.merging.parts import PartsMerge
from winnow.merging.rows import Merged, Question
from winnow.repository.dvc import Recorded

TABLE = Labels.from_rows((image, *cells) for image, cells in rows([1, 2]).items())
NO_IDS = pa.array([], pa.string())
LABELS = LabelMerge(
    "git", TABLE, TABLE, TABLE, Merged(TABLE, []), is_decided=True, edits=Changes(), wanted=pa.array([])
)
PARTS = PartsOutcome(
    PartsMerge({}, from_ours=1, from_theirs=2), Recorded("x.dir", 2_500_000, 3), is_folder_current=True
)
RESULT = MergeResult(
    operation=Operation("merge", "base", "ours", "theirs", "theirs"),
    ours="1234567 mine",
    theirs="89abcde yours",
    labels=LABELS,
    parts=PARTS,
    builds=BuildsMerge("theirs", ["prepare", "evaluate"]),
    num_erased=0,
    conflicted=[],
)


def test_a_settled_merge_is_a_short_account() -> None:
    assert RESULT.exit_code == ExitCode.OK
    assert RESULT.lines() == [
        "merge: ours is 1234567 mine",
        "       theirs is 89abcde yours",
        "data/labels.csv: 2 rows",
        "  ours: nothing",
        "  theirs: nothing",
        "data/images.dvc: 3 parts, 2.5 MB",
        "  ours: 1 added",
        "  theirs: 2 added",
        "dvc.lock and the reports: those of theirs",
        "all is settled and staged; next: git commit",
        "must run again: dvc repro --pull (prepare, evaluate ran on other data)",
    ]


def test_nothing_but_what_there_is_is_told() -> None:
    bare = replace(RESULT, labels=None, parts=None, builds=BuildsMerge(None, []))
    assert bare.lines()[2:] == ["all is settled and staged; next: git commit"]
    assert replace(RESULT, parts=replace(PARTS, recorded=None)).lines()[5].startswith("dvc.lock")


def test_many_questions_are_shortened() -> None:
    questions = [Question(tiny_id(number), "", "label", "owl", None) for number in range(25)]
    labels = replace(LABELS, merged=Merged(TABLE, questions), is_decided=False)
    result = replace(RESULT, labels=labels)
    assert result.exit_code == ExitCode.FAILED
    lines = result.lines()
    assert f"  {tiny_id(0)}: label: ours 'owl', theirs removed it" in lines
    assert "  and 5 more" in lines
    assert len(lines) < 40
    assert not any(line.startswith(("all is settled", "must run")) for line in lines)


def test_a_name_from_elsewhere_cannot_change_the_terminal() -> None:
    hostile = Question(tiny_id(0), "\x1b[2Ja\n.png", "label", "\x1b[31m", "b")
    labels = replace(LABELS, merged=Merged(TABLE, [hostile]), is_decided=False)
    assert "\x1b" not in "".join(replace(RESULT, labels=labels).lines())


@pytest.mark.parametrize(
    ("coverage", "line"),
    [
        (Coverage(returning=["part-a"]), "  part-a stays: no other part holds some labelled images"),
        (Coverage(unknown=["part-b"]), "  not checked: whether what part-b (1 parts) held is in the others"),
    ],
)
def test_what_became_of_parts_is_told(coverage: Coverage, line: str) -> None:
    outcome = replace(PARTS, merge=PartsMerge({}, coverage=coverage))
    assert line in outcome.lines()
    assert outcome.problems() == []


def test_images_without_a_part_and_erased_ones_in_a_part_need_a_person() -> None:
    merge = PartsMerge({}, coverage=Coverage(lost=["1" * 20]), still_erased=["2" * 20])
    result = replace(RESULT, parts=replace(PARTS, merge=merge))
    assert result.exit_code == ExitCode.FAILED
    assert result.lines()[-2:] == [
        f"{'1' * 20}: only a part with an erased image held it; winnow add its source again",
        f"{'2' * 20}: was erased, but a part still holds it; winnow erase {'2' * 20}",
    ]


def test_parts_that_could_not_be_looked_into_are_as_git_left_them() -> None:
    text = "\n".join(replace(PARTS, merge=PartsMerge(None), is_folder_current=False).lines())
    assert "as Git left it: the list of its parts is not here" in text
    assert "data/images is not what is recorded: dvc pull data/images.dvc" in text


def test_an_unknown_base_is_told() -> None:
    lines = replace(PARTS, merge=PartsMerge({}, is_base_known=False)).lines()
    assert any("so a part that one side replaced stays" in line for line in lines)
