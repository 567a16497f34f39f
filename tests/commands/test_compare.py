import json
from pathlib import Path

import pytest
from branches import tiny_id
from judged import TEST, PullRequest, open_request
from predicted import predict, save

from winnow.commands.compare import compare
from winnow.errors import ExitCode, InputError, UsageError
from winnow.project import Project

LABELS = {f"image {number:02d}": ("cat", "dog")[number % 2] for number in range(40)}
NOWHERE = {f"other {number:02d}": label for number, label in enumerate(LABELS.values())}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A folder in no repository, with prediction files: one good, one worse, one of another data set."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "good.csv", predict(LABELS))
    save(tmp_path / "worse.parquet", predict(LABELS, wrong=list(LABELS)[:14]))
    save(tmp_path / "foreign.csv", predict(NOWHERE))
    return Project(tmp_path)


@pytest.fixture(scope="module")
def pull_request(tmp_path_factory: pytest.TempPathFactory) -> PullRequest:
    return open_request(tmp_path_factory.mktemp("compare") / "project", gate__subgroup_columns=["site"])


def test_files_are_compared_with_the_first_one(folder: Project) -> None:
    result = compare(folder, ["good.csv", "worse.parquet", "foreign.csv"])
    assert result.exit_code is ExitCode.OK
    assert result.base == "good.csv"
    calls = {name: judgement.outcome.call for name, judgement in result.judgements.items()}
    assert calls == {"worse.parquet": "worse", "foreign.csv": "not comparable"}
    text = "\n".join(result.lines())
    assert "good.csv and foreign.csv share no test image" in text
    assert "1.000  0.650" in text


def test_data_for_programs_name_both_sides(folder: Project) -> None:
    content = json.loads(json.dumps(compare(folder, ["good.csv", "worse.parquet"]).records()))
    assert content["base"] == "good.csv"
    assert content["against"]["worse.parquet"]["outcome"]["num_images"] == 40


def test_revisions_and_files_may_be_mixed(pull_request: PullRequest, tmp_path: Path) -> None:
    perfect = save(tmp_path / "perfect.parquet", pull_request.predictions([]))
    result = compare(pull_request.project, ["main", "topic", perfect.as_posix()])
    values = [(judgement.outcome.base, judgement.outcome.head) for judgement in result.judgements.values()]
    assert values == [(0.85, 0.5), (0.85, 1.0)]
    assert [each.column for each in result.judgements["topic"].subgroups] == ["site"]


def test_another_file_of_each_revision_can_be_named(pull_request: PullRequest) -> None:
    result = compare(pull_request.project, ["main", "HEAD"], pull_request.root / "nowhere.csv")
    reason = result.judgements["HEAD"].outcome.reason
    assert reason.startswith("neither Git nor DVC has nowhere.csv of HEAD")


def test_where_aggregates_are_shown_no_column_and_no_image_is(pull_request: PullRequest, tmp_path: Path) -> None:
    private = open_request(tmp_path / "private", project__disclose="aggregate", gate__subgroup_columns=["site"])
    [judgement] = compare(private.project, ["main", "topic"]).judgements.values()
    assert judgement.subgroups == []
    assert "site" not in json.dumps(compare(private.project, ["main", "topic"]).records())
    assert [number for number in TEST if tiny_id(number) in str(judgement)] == []
    [shown] = compare(pull_request.project, ["main", "topic"]).judgements.values()
    assert "site True" in str(shown)
    assert tiny_id(19) in str(shown)


@pytest.mark.parametrize(
    "names", [[], ["good.csv"], ["good.csv", "good.csv"], ["good.csv", "./good.csv"], ["good.csv"] * 3]
)
def test_one_model_is_not_compared_with_itself(folder: Project, names: list[str]) -> None:
    with pytest.raises(UsageError, match="expected two different revisions or prediction files at least"):
        compare(folder, names)


def test_a_name_that_nobody_knows_is_refused(folder: Project, pull_request: PullRequest) -> None:
    with pytest.raises(InputError, match=r"expected the prediction file absent\.csv, found nothing"):
        compare(folder, ["good.csv", "absent.csv"])
    with pytest.raises(UsageError, match="lies in no Git repository"):
        compare(folder, ["good.csv", "main"])
    with pytest.raises(UsageError, match="expected a commit, a branch or a tag, got 'nobody'"):
        compare(pull_request.project, ["main", "nobody"])
