import pytest
from history import lock_text

from winnow.errors import InputError
from winnow.verdict.causes.lock_file import Lock, Locked, command_text, parse_lock, working_folder

TRAIN = {
    "cmd": "run train",
    "deps": {"data": {"hash": "md5", "md5": "ab.dir", "size": 7, "nfiles": 2}, "s3://bucket/x": {"etag": "e"}},
    "params": {"params.yaml": {"train": {"seed": 1}}},
    "outs": {"model.bin": "cd"},
}


def test_a_stage_is_read_with_all_that_it_was_run_with() -> None:
    lock = parse_lock(lock_text({"train": dict(TRAIN)}).encode(), "dvc.lock")
    stage = lock.stages["train"]
    assert stage.command == "run train"
    assert stage.deps == {"data": Locked("ab.dir", 7), "s3://bucket/x": Locked("e", None)}
    assert stage.params == {"params.yaml": {"train": {"seed": 1}}}
    assert lock.outs == {"model.bin": Locked("cd", None)}
    assert lock.params_files == ["params.yaml"]


def test_no_file_and_a_file_without_stages_are_empty_locks() -> None:
    assert parse_lock(None, "x") == parse_lock(b"schema: '2.0'", "x") == parse_lock(b"stages:", "x") == Lock()


@pytest.mark.parametrize(
    "content", ["stages: [1]", "stages: {train: 3}", "stages: {train: {deps: [x]}}", "<<<<<<< ours\n", "[]", "\0"]
)
def test_what_is_no_lock_is_refused_by_its_name(content: str) -> None:
    with pytest.raises(InputError, match=r"main: dvc\.lock"):
        parse_lock(content.encode(), "main")


def test_stages_that_the_pipeline_no_longer_has_are_left_out() -> None:
    lock = parse_lock(lock_text({"train@small": {"cmd": "a"}, "gone": {"cmd": "b"}}).encode(), "dvc.lock")
    assert list(lock.of_pipeline({"stages": {"train": {"foreach": ["small"]}}}).stages) == ["train@small"]
    assert lock.of_pipeline({}) == lock.of_pipeline({"stages": None}) == Lock()


def test_paths_are_seen_from_the_pipeline_whatever_folder_a_stage_runs_in() -> None:
    stage = {"deps": {"../data": "1", "s3://x/y": "2"}, "params": {"p.yaml": {"a": 1}}, "outs": {"out": "3"}}
    lock = parse_lock(lock_text({"train@a": stage}).encode(), "main")
    for declared in ({"wdir": "sub"}, {"foreach": ["a"], "do": {"wdir": "sub"}}):
        (moved,) = lock.of_pipeline({"stages": {"train": declared}}).stages.values()
        assert (list(moved.deps), list(moved.params), list(moved.outs)) == (
            ["data", "s3://x/y"],
            ["sub/p.yaml"],
            ["sub/out"],
        )
    assert [working_folder(odd) for odd in (None, [1], {"do": 3}, {"wdir": None})] == ["."] * 4


def test_a_list_of_commands_is_one_text() -> None:
    assert command_text(["a", "b"]) == "a\nb"
    assert command_text(None) == ""
