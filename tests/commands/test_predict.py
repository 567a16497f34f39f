import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from tiny_model import save_reddest

from winnow.attestation import Attestation, take_sums, write_attestation
from winnow.commands.predict import predict, predict_many
from winnow.errors import CheckError, ExitCode, InputError, UsageError
from winnow.export.onnx import Served, describe, write_onnx
from winnow.locks import locked
from winnow.models import store
from winnow.project import Project
from winnow.runtime import MODEL

SHIPPED = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose model names the strongest colour."""
    torch.set_num_threads(1)
    project = Project(tmp_path / "project")
    save_reddest(project)
    # Batches of two, so that three images are more than one.
    shipped = SHIPPED.read_text(encoding="utf-8")
    project.params.write_text(shipped.replace("batch_size: 256", "batch_size: 2"), encoding="utf-8")
    return project


def save(path: Path, color: tuple[int, ...], mode: str = "RGB") -> Path:
    Image.new(mode, (5, 7), color).save(path)
    return path


def test_the_most_probable_classes_come_first(project: Project, tmp_path: Path) -> None:
    result = predict(project, [save(tmp_path / "a.png", (0, 200, 90))], top=2)
    (prediction,) = result.predictions
    assert [label for label, _ in prediction.top] == ["green", "blue"]
    expected = np.exp(3 * (np.array([0, 200, 90]) / 255 - 0.5) / 0.5)
    assert prediction.top[0][1] == pytest.approx(expected[1] / expected.sum(), abs=1e-6)
    assert result.exit_code == ExitCode.OK


def test_many_images_of_several_modes_are_answered_in_their_order(project: Project, tmp_path: Path) -> None:
    files = [
        save(tmp_path / "red.png", (250, 0, 0, 255), "RGBA"),
        save(tmp_path / "blue.jpg", (0, 0, 250)),
        save(tmp_path / "cyan.tif", (0, 255, 255, 0), "CMYK"),
        save(tmp_path / "green.png", (0, 250, 0)),
    ]
    result = predict(project, files, top=1)
    assert [prediction.path for prediction in result.predictions] == files
    assert [prediction.top[0][0] for prediction in result.predictions] == ["red", "blue", "red", "green"]


def test_a_bad_file_is_reported_and_the_others_are_answered(project: Project, tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello", encoding="utf-8")
    stream = io.BytesIO()
    Image.new("RGB", (64, 64), (9, 9, 9)).save(stream, "PNG")
    (tmp_path / "cut.png").write_bytes(stream.getvalue()[:-40])
    bad = [tmp_path / name for name in ("empty.png", "text.png", "cut.png", "absent.png", ".")]
    good = save(tmp_path / "good.png", (250, 0, 0))
    result = predict(project, [*bad, good])
    problems = [prediction.problem for prediction in result.predictions]
    assert [problem.split()[0] for problem in problems[:3]] == ["Q102", "Q101", "Q103"]
    assert problems[3] == "Q202 cannot be read: No such file or directory"
    assert problems[4].startswith("Q202 cannot be read: ")
    assert result.predictions[5].top[0][0] == "red"
    assert result.exit_code == ExitCode.USAGE


def test_more_classes_than_there_are_gives_all(project: Project, tmp_path: Path) -> None:
    (prediction,) = predict(project, [save(tmp_path / "a.png", (1, 2, 3))], top=99).predictions
    assert len(prediction.top) == 3
    assert sum(probability for _, probability in prediction.top) == pytest.approx(1, abs=1e-6)


def test_a_table_and_records_say_the_same(project: Project, tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    result = predict(project, [save(tmp_path / "a.png", (0, 200, 90)), tmp_path / "empty.png"], top=1)
    answer, refusal = result.lines()
    label, probability = result.predictions[0].top[0]
    assert answer == f"{tmp_path / 'a.png'}".ljust(40) + f"   {label} {probability:.3f}"
    assert "refused: Q102" in refusal
    assert result.records()[0]["top"] == [{"label": "green", "probability": round(probability, 6)}]
    assert result.records()[1].keys() == {"path", "error"}


def test_a_bundle_elsewhere_is_used_when_named(project: Project, tmp_path: Path) -> None:
    project.bundle.rename(tmp_path / "kept")
    image = save(tmp_path / "a.png", (250, 0, 0))
    with pytest.raises(InputError, match="bundle"):
        predict(project, [image])
    assert predict(project, [image], model=tmp_path / "kept").predictions[0].top[0][0] == "red"


def test_nothing_to_do_is_a_usage_error(project: Project, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least one image"):
        predict(project, [])
    with pytest.raises(UsageError, match="--top of at least 1"):
        predict(project, [tmp_path / "a.png"], top=0)


def test_many_images_are_predicted_as_single_ones_are(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    colors = [(250, 0, 0), (0, 200, 90), (3, 4, 250), (9, 200, 9), (100, 0, 200)]
    files = [save(folder / f"{number}.png", color) for number, color in enumerate(colors)]
    (folder / "9.png").touch()
    result = predict_many(project, str(folder), tmp_path / "out", shard_images=4)
    table = pq.read_table(sorted((tmp_path / "out").glob("*.parquet")))
    assert table["label"].to_pylist() == ["red", "green", "blue", "green", "blue", None]
    single = [prediction.top[0] for prediction in predict(project, files).predictions]
    assert table["probability"].to_pylist()[:5] == pytest.approx([value for _, value in single], abs=1e-6)
    assert result.summary["classes"] == {"blue": 2, "green": 2, "red": 1}


def test_many_images_of_another_model_are_refused_until_restart(project: Project, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    save(tmp_path / "in" / "a.png", (250, 0, 0))
    arguments = (project, str(tmp_path / "in"), tmp_path / "out")
    predict_many(*arguments)
    description = project.bundle / "bundle.json"
    description.write_text(description.read_text(encoding="utf-8").replace('"green"', '"grass"'), encoding="utf-8")
    with pytest.raises(UsageError, match="model was"):
        predict_many(*arguments)
    assert predict_many(*arguments, restart=True).summary["classes"] == {"red": 1}


def test_a_second_run_into_the_same_folder_is_sent_away(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    save(tmp_path / "in" / "a.png", (250, 0, 0))
    monkeypatch.chdir(tmp_path)
    with locked(project.batch_lock(Path("out")), "busy"):
        with pytest.raises(UsageError, match=r"another winnow predict is writing into .*out\nhint: wait"):
            predict_many(project, "in", tmp_path / "x" / ".." / "out")
        assert not (tmp_path / "out").exists()
        predict_many(project, "in", tmp_path / "other")
    predict_many(project, "in", tmp_path / "out")


def test_a_pulled_model_that_was_changed_is_not_asked(project: Project, tmp_path: Path) -> None:
    image = save(tmp_path / "a.png", (0, 200, 90))
    folder = project.bundle.parent
    attested = Attestation(tag="c@v1.0.0", commit="a" * 40, signature="none", files=take_sums(folder))
    write_attestation(folder, attested)
    assert predict(project, [image]).predictions[0].top
    description = project.bundle / "bundle.json"
    description.write_text(description.read_text(encoding="utf-8") + " ", encoding="utf-8")
    with pytest.raises(CheckError, match=r"bundle\.json is other than registered"):
        predict(project, [image])
    with pytest.raises(CheckError, match=r"bundle\.json is other than registered"):
        predict_many(project, str(tmp_path), tmp_path / "out")


@pytest.fixture
def exported(project: Project) -> Path:
    """The project's model as `winnow export` writes it."""
    meta, model = store.load(project.bundle, project.custom)
    write_onnx(project.onnx / MODEL, Served(meta, model), describe(meta, ""))
    return project.onnx / MODEL


@pytest.mark.slow
def test_an_exported_file_gives_the_answers_of_the_bundle_without_torch(
    project: Project, exported: Path, tmp_path: Path
) -> None:
    images = [save(tmp_path / f"{color[1]}.png", color) for color in ((9, 20, 200), (240, 80, 10), (0, 120, 70))]
    program = "import sys; sys.modules['torch'] = None; from winnow.cli.main import main; main()"
    command = [sys.executable, "-c", program, "predict", "--json", "--model", str(exported), *map(str, images)]
    run = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    for answer, expected in zip(json.loads(run.stdout), predict(project, images).predictions, strict=True):
        got = {entry["label"]: entry["probability"] for entry in answer["top"]}
        assert got == pytest.approx(dict(expected.top), abs=1e-5)


@pytest.mark.slow
def test_a_batch_can_ask_an_exported_file(project: Project, exported: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    save(tmp_path / "in" / "a.png", (9, 20, 200))
    result = predict_many(project, str(tmp_path / "in"), tmp_path / "out", model=exported)
    assert result.summary["classes"] == {"blue": 1}
    with pytest.raises(UsageError, match="another run: model was"):
        predict_many(project, str(tmp_path / "in"), tmp_path / "out")
