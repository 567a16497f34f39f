import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from winnow.errors import DivergenceError
from winnow.serving import model
from winnow.serving.model import Answer, load, stack, warm_up
from winnow.serving.source import find_source
from winnow.transforms.decode import ImageProblem

Picture = Callable[..., bytes]


@pytest.fixture
def loaded(colors: Path) -> model.Loaded:
    return load(find_source(colors), num_threads=1, max_pixels=1000)


def test_a_batch_is_answered_image_by_image_and_bad_ones_in_their_place(loaded: model.Loaded, picture: Picture) -> None:
    first, bad, last = loaded.answer([picture((250, 0, 0)), b"no image", picture((9, 9), "LA", (4, 3))])
    assert isinstance(first, Answer)
    assert first.probabilities.argmax() == 0
    assert (first.embedding.tolist(), first.batch_size) == ([250, 0, 0], 2)
    assert isinstance(bad, ImageProblem)
    assert isinstance(last, Answer)
    assert (last.picture.width, last.picture.height, last.picture.mode) == (4, 3, "LA")
    assert loaded.answer([b"no", b"image"]) == [bad, bad] or len(loaded.answer([b"no", b"image"])) == 2


def test_an_image_without_a_finite_answer_spoils_no_other(
    write_model: Callable[..., Path], tmp_path: Path, picture: Picture
) -> None:
    loaded = load(find_source(write_model(tmp_path, scale=1e37)), num_threads=1, max_pixels=1000)
    good, bad = loaded.answer([picture((9, 9, 9)), picture((99, 99, 99))])
    assert isinstance(good, Answer)
    assert isinstance(bad, DivergenceError)


def test_large_pictures_take_turns_and_small_ones_do_not(
    loaded: model.Loaded, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "_LARGE_PIXELS", 100)
    at_once, most, decode = Counter[str](), Counter[str](), model.decode

    def slowly(content: bytes, *, max_pixels: int) -> Any:
        image = decode(content, max_pixels=max_pixels)
        kind = "large" if image.width > 10 else "small"
        at_once[kind] += 1
        most[kind] = max(most[kind], at_once[kind])
        time.sleep(0.05)
        at_once[kind] -= 1
        return image

    monkeypatch.setattr(model, "decode", slowly)
    contents = [picture(size=(20, 20)), picture(size=(5, 5))] * 4
    with ThreadPoolExecutor(8) as pool:
        sizes = [found.width for found in pool.map(loaded.read, contents)]
    assert sizes == [20, 5] * 4
    assert (most["large"], most["small"] > 1) == (1, True)


def test_the_limit_holds_for_large_pictures_too(loaded: model.Loaded, picture: Picture) -> None:
    with pytest.raises(ImageProblem) as caught:
        loaded.read(picture(size=(40, 40)))
    assert caught.value.check == "Q104"


def test_the_description_tells_where_the_model_came_from(loaded: model.Loaded) -> None:
    told = loaded.describe()
    assert (told["name"], told["version"], told["is_registered"]) == ("classifier", "v1.0.0", True)
    assert (told["commit"], told["precision"], told["labels"]) == ("c" * 40, "fp32", ["red", "green", "blue"])
    assert told["file_sha256"] == loaded.runtime.identity
    assert told["num_bytes"] > 100
    assert told["num_examples"] == [0, 0, 0]
    assert loaded.name == "classifier@v1.0.0"


def test_a_model_that_was_never_registered_is_named_by_its_file(colors: Path, tmp_path: Path) -> None:
    (tmp_path / "own.onnx").write_bytes((colors / "onnx/model.onnx").read_bytes())
    loaded = load(find_source(tmp_path / "own.onnx"), num_threads=1, max_pixels=1000)
    assert loaded.name == f"classifier@unregistered-{loaded.runtime.identity[:12]}"


def test_one_picture_is_not_copied_into_its_batch() -> None:
    one = np.zeros((4, 4, 3), dtype=np.uint8)
    assert np.shares_memory(stack([one]), one)
    assert stack([one, one]).shape == (2, 4, 4, 3)


@pytest.mark.parametrize(
    ("cost_s", "best"),
    [
        (lambda num: 0.001 * num, 1),  # nothing is gained by company
        (lambda num: 0.010, 8),  # everything is
        (lambda num: 0.009 + 0.001 * num, 8),
        (lambda num: 0.006 + 0.004 * num, 2),  # four would wait for more than two single ones
        (lambda num: 0.0004 + 0.0002 * num, 8),  # which nobody notices
        (lambda num: 0.010 if num == 1 else 0.005 * num, 2),
    ],
)
def test_the_batch_is_as_large_as_it_pays(
    cost_s: Callable[[int], float], best: int, loaded: model.Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "_timed", lambda _, pixels: cost_s(len(pixels)))
    assert warm_up(loaded.runtime, 8) == (best, cost_s(1))


def test_warming_up_ends_however_slow_the_model_is(loaded: model.Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(model.time, "perf_counter", lambda: float(next(clock)))
    assert warm_up(loaded.runtime, 32).best_batch in {1, 2}
