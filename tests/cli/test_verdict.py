"""The commands of the verdict as a person types them: what ends in 0, 1 or 2, and with which sentence."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from judged import PullRequest, open_request
from predicted import predict, save

from winnow.errors import ExitCode

Run = Callable[..., int]
Capture = pytest.CaptureFixture[str]

LABELS = {f"image {number:02d}": ("cat", "dog")[number % 2] for number in range(30)}
HEADER, ROW = "id,label,prob_cat,prob_dog\n", "image 00,cat,0.8,0.2\n"
DAMAGED = {
    "empty": ("", "answers.csv cannot be read"),
    "only a header": (HEADER, "the predictions of the working tree hold no test image"),
    "not a number": (f"{HEADER}image 00,cat,nan,nan\n", "a probability is missing or outside [0, 1]"),
    "a word": (f"{HEADER}image 00,cat,high,low\n", "answers.csv cannot be read"),
    "logits": (f"{HEADER}image 00,cat,4.5,-2\n", "a probability is missing or outside [0, 1]"),
    "no sum": (f"{HEADER}image 00,cat,0.5,0.2\n", "probabilities do not sum to 1"),
    "a row twice": (f"{HEADER}{ROW}{ROW}", "an id occurs twice"),
    "a row cut off": (f"{HEADER}{ROW}image", "answers.csv cannot be read"),
    "no id": ("label,prob_cat\ncat,1\n", "no column `id`"),
    "no label": ("id,prob_cat\nimage 00,1\n", "no column `label`"),
    "no probability": ("id,label\nimage 00,cat\n", "no column begins with `prob_`"),
    "an unknown label": (f"{HEADER}image 00,owl,0.8,0.2\n", "unknown label 'owl'"),
    "an unknown split": (f"split,{HEADER}later,{ROW}", "unknown split 'later'"),
    "other classes": ("id,label,prob_owl\nimage 00,owl,1\n", "the two models share no class"),
    "other images": (f"{HEADER}another,cat,0.8,0.2\n", "share no test image"),
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> PullRequest:
    return open_request(tmp_path_factory.mktemp("opened") / "project")


@pytest.fixture
def worse(opened: PullRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PullRequest:
    request = opened.copied(tmp_path / "project")
    monkeypatch.chdir(request.root)
    return request


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in no repository."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_report_ends_with_the_word_of_its_gates(worse: PullRequest, run: Run, capsys: Capture) -> None:
    assert run("report", "--base", "main") == ExitCode.FAILED
    assert capsys.readouterr().out.startswith("worse: accuracy 0.850 -> 0.500")
    worse.write_model([])
    assert run("report", "--base", "main") == ExitCode.OK
    assert capsys.readouterr().out.startswith("better: accuracy 0.850 -> 1.000")


def test_data_go_to_stdout_and_nothing_else_does(worse: PullRequest, run: Run, capsys: Capture) -> None:
    assert run("report", "--base", "main", "--json", "--link", "https://example.org/run/1") == ExitCode.FAILED
    content = json.loads(capsys.readouterr().out)
    assert content == json.loads(worse.project.verdict.read_text(encoding="utf-8"))
    assert content["provenance"]["link"] == "https://example.org/run/1"


def test_a_label_waives_by_name(worse: PullRequest, run: Run, capsys: Capture) -> None:
    waiver = ("--waive", "primary=a new camera", "--waived-by", "ada")
    assert run("report", "--base", "main", *waiver) == ExitCode.OK
    assert "waived by ada (a label), because a new camera" in capsys.readouterr().out
    assert run("report", "--base", "main", *waiver[:2]) == ExitCode.USAGE
    assert "--waived-by NAME" in capsys.readouterr().err
    assert run("report", "--base", "main", "--waive", "primry=x", *waiver[2:]) == ExitCode.USAGE
    assert "did you mean `primary`?" in capsys.readouterr().err
    assert worse.project.verdict.is_file()


@pytest.mark.parametrize("base", ["nobody", "", "--all", "HEAD~9", "main..topic"])
def test_a_base_that_does_not_exist_is_named(worse: PullRequest, run: Run, capsys: Capture, base: str) -> None:
    assert run("report", f"--base={base}") == ExitCode.USAGE
    assert f"got {base!r}" in capsys.readouterr().err
    assert not worse.project.verdict.exists()


def test_without_predictions_of_this_working_tree_nothing_is_judged(
    worse: PullRequest, run: Run, capsys: Capture
) -> None:
    worse.project.predictions.write_bytes(worse.project.predictions.read_bytes()[:-99])
    assert run("report", "--base", "main") == ExitCode.USAGE
    assert "predictions.parquet cannot be read" in capsys.readouterr().err
    worse.project.predictions.unlink()
    assert run("report", "--base", "main") == ExitCode.USAGE
    message = capsys.readouterr().err
    assert "expected reports/predictions.parquet, found nothing" in message
    assert "`dvc repro evaluate` writes it" in message


def test_a_file_of_predictions_is_found_from_any_folder_and_through_links(
    worse: PullRequest, run: Run, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["../reports/predictions.parquet"]
    try:
        (worse.root.parent / "link").symlink_to(worse.root, target_is_directory=True)
        names.append(str(worse.root.parent / "link" / "reports" / "predictions.parquet"))
    except OSError:  # Windows lets not everybody make links
        pass
    monkeypatch.chdir(worse.root / "data")
    for name in names:
        assert run("report", "--base", "main", "--predictions", name) == ExitCode.FAILED
        assert capsys.readouterr().out.startswith("worse")
        command = "winnow report --predictions reports/predictions.parquet --base"
        assert command in worse.project.comment.read_text(encoding="utf-8")


@pytest.mark.parametrize(("text", "message"), DAMAGED.values(), ids=DAMAGED)
def test_predictions_that_are_none_end_in_a_sentence(
    worse: PullRequest, run: Run, capsys: Capture, text: str, message: str
) -> None:
    path = save(worse.root / "answers.csv", predict(LABELS))
    worse.made.commit()
    worse.made.git("branch", "-f", "main")
    path.write_text(text, encoding="utf-8")
    code = run("report", "--base", "main", "--predictions", "answers.csv")
    captured = capsys.readouterr()
    assert message in captured.out + captured.err
    # What can be read and shares nothing with the base is judged: it is not comparable, so the gate does not pass.
    assert code == (ExitCode.FAILED if captured.out else ExitCode.USAGE)


@pytest.mark.parametrize(("text", "message"), DAMAGED.values(), ids=DAMAGED)
def test_a_base_whose_predictions_are_none_fails_the_required_gate(
    worse: PullRequest, run: Run, capsys: Capture, text: str, message: str
) -> None:
    path = worse.root / "answers.csv"
    path.write_text(text, encoding="utf-8")
    worse.made.commit()
    worse.made.git("branch", "-f", "main")
    save(path, predict(LABELS))
    assert run("report", "--base", "main", "--predictions", "answers.csv") == ExitCode.FAILED
    printed = capsys.readouterr().out
    assert printed.startswith("not comparable")
    assert message.replace("the working tree", "main").replace("answers.csv cannot", "cannot") in printed


def test_other_predictions_than_the_own_need_a_repository(folder: Path, run: Run, capsys: Capture) -> None:
    save(folder / "answers.csv", predict(LABELS))
    assert run("report", "--base", "main", "--predictions", "answers.csv") == ExitCode.USAGE
    assert "lies in no Git repository" in capsys.readouterr().err
    assert run("report") == ExitCode.USAGE
    assert "expected a params.yaml" in capsys.readouterr().err


def test_files_are_compared_anywhere(folder: Path, run: Run, capsys: Capture) -> None:
    save(folder / "a.csv", predict(LABELS))
    save(folder / "b.parquet", predict(LABELS, wrong=list(LABELS)[:12]))
    assert run("compare", "a.csv", "b.parquet") == ExitCode.OK
    assert "b.parquet  worse" in capsys.readouterr().out
    assert run("compare", "a.csv", "b.parquet", "--json") == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["against"]["b.parquet"]["outcome"]["call"] == "worse"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.csv"], "expected two different revisions or prediction files at least, got a.csv"),
        (["a.csv", "./a.csv"], "expected two different revisions"),
        (["a.csv", "b.csv"], "expected the prediction file b.csv, found nothing"),
        (["a.csv", "main"], "lies in no Git repository"),
        (["a.csv", "damaged.csv"], "damaged.csv cannot be read"),
        ([], "Missing argument"),
    ],
)
def test_a_comparison_that_cannot_be_says_why(
    folder: Path, run: Run, capsys: Capture, names: list[str], message: str
) -> None:
    save(folder / "a.csv", predict(LABELS))
    (folder / "damaged.csv").write_bytes(b"\xff\x00,\n")
    assert run("compare", *names) == ExitCode.USAGE
    assert message in capsys.readouterr().err


def test_noise_is_measured_on_two_seeds_at_least(worse: PullRequest, run: Run, capsys: Capture) -> None:
    assert run("noise", "--seeds", "1") == ExitCode.USAGE
    assert "--seeds" in capsys.readouterr().err
    assert run("noise", "--seeds", "2") == ExitCode.USAGE
    assert "dvc repro" in capsys.readouterr().err
    assert not worse.project.noise.exists()
