import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from PIL import Image

from winnow.errors import ExitCode, InputError, UsageError
from winnow.evaluation import batch, shards
from winnow.evaluation.batch import BatchResult, Settings, predict_batch
from winnow.transforms.spec import PreprocessSpec

SETTINGS = Settings(batch_size=4, max_pixels=100, shard_images=10)
NUM_FILES = 37


class Reddest:
    """Names the strongest colour; remembers how large its batches were."""

    def __init__(self, identity: str = "one") -> None:
        self.labels = ["red", "green", "blue"]
        self.spec = PreprocessSpec(
            size=8, channels=3, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
        )
        self.identity = identity
        self.batches: list[int] = []

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.batches.append(len(pixels))
        means = pixels.mean(axis=(1, 2), dtype=np.float32) + 1
        return means / means.sum(axis=1, keepdims=True)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """37 files in two folders; every ninth is no image."""
    folder = tmp_path / "in"
    for number in range(NUM_FILES):
        path = folder / f"{number % 2}" / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = io.BytesIO()
        color = [number, number, number]
        color[number % 3] = 200
        Image.new("RGB", (5, 7), tuple(color)).save(stream, "PNG")
        path.write_bytes(b"no image" if number % 9 == 0 else stream.getvalue())
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


Run = Callable[..., BatchResult]


@pytest.fixture
def run(source: Path, out: Path) -> Run:
    def call(model: Reddest | None = None, settings: Settings = SETTINGS, **options: bool) -> BatchResult:
        return predict_batch(model or Reddest(), str(source), out, settings, **options)

    return call


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_file_is_answered_once_in_the_order_of_the_listing(run: Run, source: Path, out: Path) -> None:
    result = run()
    tables = [pq.read_table(path) for path in shards.shard_paths(out)]
    assert [len(table) for table in tables] == [10, 10, 10, 7]
    paths = [path for table in tables for path in table["path"].to_pylist()]
    assert paths == sorted(path.relative_to(source).as_posix() for path in source.rglob("*.png"))
    labels = dict(zip(paths, (label for table in tables for label in table["label"].to_pylist()), strict=True))
    for path, label in labels.items():
        number = int(Path(path).stem)
        assert label == (None if number % 9 == 0 else ["red", "green", "blue"][number % 3])
    assert result.exit_code == ExitCode.OK
    assert result.summary["num_predicted"] == 32
    assert result.summary["refused"] == {"Q101": 5}
    assert json.loads((out / "summary.json").read_text())["classes"] == result.summary["classes"]


def test_the_model_gets_full_batches_and_a_rest_where_a_shard_ends(run: Run) -> None:
    model = Reddest()
    run(model)
    assert max(model.batches) <= SETTINGS.batch_size
    assert sum(model.batches) == 32


def test_a_run_that_was_interrupted_goes_on_and_ends_with_the_same_bytes(run: Run, out: Path, tmp_path: Path) -> None:
    class Dying(Reddest):
        def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
            if sum(self.batches) > 15:
                raise KeyboardInterrupt
            return super().probabilities(pixels)

    run()
    whole = content(out)
    out.rename(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(Dying())
    done = shards.shard_paths(out)
    assert 0 < len(done) < 4
    before = {path: path.stat().st_mtime_ns for path in done}
    model = Reddest()
    run(model)
    assert content(out) == whole
    assert {path: path.stat().st_mtime_ns for path in done} == before
    assert sum(model.batches) < 32


def test_a_finished_run_asks_the_model_nothing_and_a_spoilt_shard_is_made_again(run: Run, out: Path) -> None:
    run()
    whole = content(out)
    idle = Reddest()
    run(idle)
    assert idle.batches == []
    path = shards.shard_path(out, 1)
    path.write_bytes(path.read_bytes()[:100])
    run(idle)
    assert 0 < sum(idle.batches) <= 10
    assert content(out) == whole


def test_another_model_source_or_setting_is_refused_until_restart(run: Run, source: Path, out: Path) -> None:
    run()
    whole = content(out)
    with pytest.raises(UsageError, match=r"model was 'one', now it is 'two'") as caught:
        run(Reddest("two"))
    assert "--restart" in caught.value.hint
    with pytest.raises(UsageError, match="batch_size was 4, now it is 5"):
        run(settings=replace(SETTINGS, batch_size=5))
    image = source / "1" / "01.png"
    image.write_bytes((source / "1" / "05.png").read_bytes())
    with pytest.raises(UsageError, match="listing was"):
        run()
    (source / "1" / "99.png").write_bytes(image.read_bytes())
    with pytest.raises(UsageError, match="num_files was 37, now it is 38"):
        run()
    assert content(out) == whole
    assert run(restart=True).summary["num_files"] == NUM_FILES + 1
    run()


def test_restart_leaves_other_files_alone_and_foreign_predictions_are_no_ones_to_throw_away(
    run: Run, out: Path
) -> None:
    run()
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    run(settings=replace(SETTINGS, shard_images=50), restart=True)
    assert {path.name for path in out.iterdir()} == {
        "notes.txt",
        "run.json",
        "summary.json",
        "predictions-00000.parquet",
    }
    (out / "run.json").unlink()
    with pytest.raises(UsageError, match="expected an empty folder"):
        run(restart=True)


def test_predictions_do_not_go_into_their_own_source(source: Path) -> None:
    with pytest.raises(UsageError, match="lies in the source"):
        predict_batch(Reddest(), str(source), source / "out", SETTINGS)
    assert not (source / "out").exists()


def test_a_source_that_changes_while_it_is_read_is_told(
    run: Run, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listings = iter([list(batch.list_entries(str(source))), list(batch.list_entries(str(source)))[1:]])
    monkeypatch.setattr(batch, "list_entries", lambda _: next(listings))
    with pytest.raises(InputError, match="has changed while it was read"):
        run()


def test_nothing_but_refused_files_is_a_failure_and_no_file_an_error(out: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(InputError, match="found no file"):
        predict_batch(Reddest(), str(tmp_path / "in"), out, SETTINGS)
    assert not out.exists()
    (tmp_path / "in" / "a.txt").write_text("hello", encoding="utf-8")
    result = predict_batch(Reddest(), str(tmp_path / "in"), out, SETTINGS)
    assert result.exit_code == ExitCode.FAILED
    assert result.summary["refused"] == {"Q101": 1}


def test_the_result_shows_the_largest_classes_and_the_refusals(run: Run, out: Path) -> None:
    result = run()
    first, *counts, last = result.lines()
    assert first == "32 images predicted, 5 files refused"
    assert [line.split() for line in counts[:3]] == [["12", "blue"], ["12", "green"], ["8", "red"]]
    assert counts[3].strip() == "5 refused by Q101 (docs/checks.md)"
    assert str(out) in last
    many = BatchResult(out, {**result.summary, "classes": {f"c{number}": 1 for number in range(25)}})
    assert "  and 5 classes more" in list(many.lines())
    assert result.records() == result.summary


@pytest.mark.slow
def test_processes_give_the_same_bytes(run: Run, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    whole = content(out)
    out.rename(tmp_path / "whole")
    monkeypatch.setattr(batch, "_INLINE_CHUNKS", 0)
    monkeypatch.setattr("winnow.compute.mapping.num_workers", lambda: 2)
    run()
    assert content(out) == whole
