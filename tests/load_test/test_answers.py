from pathlib import Path

from winnow.load_test.answers import COLUMNS, Answer, read_answers, write_answers

LATE = Answer(due_s=1.0, sent_s=1.5, ended_s=1.75, status=200, picture="a, b")


def test_latency_counts_from_when_a_request_was_due() -> None:
    assert LATE.latency_ms == 750


def test_503_is_a_refusal_and_neither_an_answer_nor_like_other_errors() -> None:
    found = {
        status: (each.is_good, each.is_refused)
        for status in (200, 204, 302, 404, 500, 503, 0)
        for each in [LATE._replace(status=status)]
    }
    assert [status for status, (is_good, _) in found.items() if is_good] == [200, 204]
    assert [status for status, (_, is_refused) in found.items() if is_refused] == [503]


def test_they_come_back_from_a_table_in_the_order_in_which_they_were_due(tmp_path: Path) -> None:
    first = Answer(0.25, 0.25, 0.5, 0, 'say "x"', "ConnectionRefusedError()")
    write_answers(tmp_path / "answers.csv", [LATE, first])
    assert read_answers(tmp_path / "answers.csv") == [first, LATE]
    assert (tmp_path / "answers.csv").read_text("utf-8").splitlines()[0] == ",".join(COLUMNS)
