from branches import Branches, rows, tiny_id

from winnow.merging.erased import merge_erased, settle_erased
from winnow.merging.operation import Operation, find_operation
from winnow.merging.staging import conflicted, staged


def erased_text(*numbers: int) -> str:
    return "".join(f"{line}\n" for line in ["id", *sorted(map(tiny_id, numbers))])


def test_whatever_any_side_erased_stays_erased(branches: Branches) -> None:
    branches.commit(rows([1, 2, 3]))
    branches.git("branch", "feature")
    for number, branch in enumerate(("main", "feature"), start=1):
        branches.git("checkout", "-q", branch)
        branches.commit(data__erased_csv=erased_text(number))
    branches.stops("merge", "-q", "main")
    assert conflicted(branches.project) == ["data/erased.csv"]
    erased = merge_erased(branches.project, find_operation(branches.project))
    assert erased == {tiny_id(1), tiny_id(2)}
    settle_erased(branches.project, erased)
    assert branches.project.erased.read_text(encoding="utf-8") == erased_text(1, 2)
    assert conflicted(branches.project) == []


def test_going_back_before_an_erasure_does_not_undo_it(branches: Branches) -> None:
    before = branches.commit(rows([1]))
    after = branches.commit(data__erased_csv=erased_text(1))
    branches.project.erased.unlink()
    erased = merge_erased(branches.project, Operation("revert", after, after, before, "ours"))
    assert erased == {tiny_id(1)}


def test_without_erasures_there_is_no_file(branches: Branches) -> None:
    commit = branches.commit(rows([1]))
    erased = merge_erased(branches.project, Operation("merge", None, commit, commit, "theirs"))
    assert erased == set()
    settle_erased(branches.project, erased)
    assert not branches.project.erased.exists()
    assert staged(branches.project, ["data/erased.csv"]) == {}
