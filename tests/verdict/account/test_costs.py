from sample_verdicts import better, first

from winnow.markup.blocks import Link, Row, pieces
from winnow.verdict.account.costs import cost_block, provenance_block
from winnow.verdict.record.context import Amount, Cost, StepCost


def told(row: Row) -> list[str]:
    return ["".join(pieces(cell)) for cell in row]


def cost(verdict_cost: object) -> Cost:
    assert isinstance(verdict_cost, Cost)
    return verdict_cost


def test_steps_and_sizes_stand_side_by_side_with_their_ratio() -> None:
    block = cost_block(cost(better().cost))
    rows = {told(row)[0]: told(row)[1:] for row in block.rows}
    assert rows["train: time"] == ["4 min 4 s", "6 min 42 s", "1.65-fold"]
    assert rows["train: device"] == ["cpu, 8 threads", "cpu, 8 threads", "same"]
    assert rows["evaluate: peak memory"] == ["\u2013", "700.0 MB", ""]
    assert rows["evaluate: device"] == ["cpu", "cuda", ""]
    assert rows["size of the model"] == ["11.2 MB", "11.2 MB", "same"]
    assert rows["latency, 95 %"] == ["11.8 ms", "12.4 ms", "1.05-fold"]
    assert "".join(block.digest) == "training 4 min 4 s -> 6 min 42 s"


def test_without_a_base_the_head_is_told() -> None:
    block = cost_block(cost(first().cost))
    assert "".join(block.digest) == "training 6 min 42 s"
    assert told(block.rows[0]) == ["train: time", "\u2013", "6 min 42 s", ""]


def test_what_is_not_known_or_nothing_has_no_ratio() -> None:
    step = StepCost(
        step="train", base_s=None, head_s=None, base_peak_bytes=0, head_peak_bytes=5, base_device=None, head_device=None
    )
    block = cost_block(Cost(steps=[step], amounts=[Amount(name="num_parameters", base=1, head=None)]))
    assert [told(row) for row in block.rows] == [
        ["train: peak memory", "0 bytes", "5 bytes", ""],
        ["parameters", "1", "\u2013", ""],
    ]
    assert "".join(block.digest) == "before and after"


def test_provenance_has_the_link_the_ids_and_the_commands() -> None:
    block = provenance_block(better().provenance)
    assert isinstance(block.lines[0][0], Link)
    assert ["".join(line) for line in block.lines[1:]] == [
        "merge base: 1f3a9c0d5e7b",
        "dvc.lock, SHA-256: c0ffee00000000000000000000000000000000000000000000000000000…",
        "the working tree has changes that no commit holds",
        "seeds: train=7, data=0",
        "versions: winnow 0.4.0, torch 2.9.0, dvc 3.67.1",
        "machine: Linux x86_64, 8 CPUs",
    ]
    assert block.code[1].startswith("winnow report --base")
    assert block.is_kept


def test_what_provenance_does_not_know_is_left_out() -> None:
    nothing = better().provenance.model_copy(
        update={
            "merge_base": None, "lock_sha256": None, "is_dirty": False, "seeds": {}, "versions": {}, "machine": "",
            "commands": [], "link": None,
        }
    )  # fmt: skip
    block = provenance_block(nothing)
    assert (block.lines, block.code, block.digest) == ([], [], ())


def test_commands_stay_on_their_line_and_are_few() -> None:
    commands = ["a\nb" * 400] * 50
    block = provenance_block(better().provenance.model_copy(update={"commands": commands}))
    assert len(block.code) == 12
    assert all(len(line) <= 300 and line.isprintable() for line in block.code)
