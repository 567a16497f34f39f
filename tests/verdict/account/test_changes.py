from sample_verdicts import better, data_diff, worse

from winnow.changes.record import Images, Leaks
from winnow.markup.blocks import Block, Row, pieces
from winnow.records import NotAvailable
from winnow.verdict.account.changes import changes_block, data_block
from winnow.verdict.record.context import Changes

UNKNOWN = NotAvailable(not_available="no remote")


def told(row: Row) -> list[str]:
    return ["".join(pieces(cell)) for cell in row]


def digest(block: Block) -> str:
    return "".join(block.digest)


def changes() -> Changes:
    found = better().changes
    assert isinstance(found, Changes)
    return found


def test_the_data_diff_is_folded_with_its_topics_and_leaks_are_seen() -> None:
    block = data_block(data_diff(), better().test_set)
    assert block.is_folded
    assert digest(block) == "400 added, 31 relabelled, ⚠️ leaks"
    assert [inner.title for inner in block.inner] == ["Splits", "Relabelled", "Findings and near duplicates", "Bytes"]
    assert all(inner.is_folded for inner in block.inner)


def test_the_identity_of_the_test_set_is_told() -> None:
    lines = ["".join(line) for line in data_block(data_diff(), better().test_set).lines]
    assert lines[-1] == "test images: 2,000 at the base, 2,000 at the head (the same); compared on 2,000"
    lines = ["".join(line) for line in data_block(UNKNOWN, worse().test_set).lines]
    assert lines == ["test images: 5,100 at the base, 5,200 at the head (140 new, 40 gone); compared on 5,000"]


def test_the_digest_says_what_happened_to_the_data() -> None:
    assert digest(data_block(UNKNOWN, better().test_set)) == "not compared"
    none = Images(count=0, examples=[])
    quiet = data_diff(added=none, relabelled=data_diff().relabelled.model_copy(update={"count": 0}), leaks=Leaks(
        torn_groups=0, torn=[], trained_before=0
    ))  # fmt: skip
    assert digest(data_block(quiet, UNKNOWN)) == "changed, but no image came, went or was relabelled"
    same = quiet.model_copy(update={"parts": quiet.parts.model_copy(update={"added": []})})
    assert digest(data_block(same, UNKNOWN)) == "no change"


def test_params_stages_and_files_are_tables() -> None:
    block = changes_block(changes())
    assert digest(block) == "3 params, 3 stages, 3 files, in 4 commits"
    params, stages, files = block.inner
    assert told(params.rows[2]) == ["model.options.dropout", "(none)", "0.1"]
    assert told(stages.rows[0]) == ["prepare", "▶ ran", "data/labels.csv, data/images"]
    assert told(files.rows[0]) == ["src/winnow/training/loop.py", "modified", "train"]


def test_a_table_without_rows_is_left_out() -> None:
    block = changes_block(changes().model_copy(update={"params": [], "stages": []}))
    assert [inner.title for inner in block.inner] == ["Files"]
