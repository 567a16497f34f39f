"""A loaded model at work: from the bytes of images to probabilities, a batch at a time."""

import io
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from winnow.errors import DivergenceError
from winnow.runtime import Floats, Runtime, softmax
from winnow.serving.examples import Pictures, load_examples
from winnow.serving.source import Source
from winnow.transforms.decode import ImageProblem, decode
from winnow.transforms.preprocess import preprocess

_SIZES = (1, 2, 4, 8, 16, 32)
_GAIN = 1.05
_CLEAR_GAIN = 1.2
_TUNE_S = 0.4
_WARM_UP = 2
_TRIES = 3
_PATIENCE = 2
_UNNOTICED_S = 0.005

# A palette with transparency takes 17 bytes a pixel on its way to the model: large pictures take turns.
_LARGE_PIXELS = 4_000_000
_LARGE_TURN = threading.Lock()
_TOO_LARGE = "Q104"

Pixels = NDArray[np.uint8]


class Picture(NamedTuple):
    """An image as it came, and as the model sees it."""

    pixels: Pixels
    """uint8 [size, size, channels]."""

    width: int
    height: int
    mode: str
    """Pillow's name, of the file."""


class Answer(NamedTuple):
    """What the model says about one image, and how long that took."""

    picture: Picture
    probabilities: Floats
    """[K]."""

    embedding: Floats
    """[D]."""

    decode_s: float
    inference_s: float
    """Of the whole batch."""

    batch_size: int


Result = Answer | Exception
"""An ImageProblem where the image is at fault."""


@dataclass(frozen=True)
class Loaded:
    """A model that answers, and what is known about it."""

    source: Source
    runtime: Runtime
    version: str
    """That of the registry; for a model that was never registered, `unregistered-` and the file's hash."""

    max_pixels: int
    examples: Pictures

    @property
    def labels(self) -> list[str]:
        """Class names in the order of the outputs."""
        return self.runtime.labels

    @property
    def name(self) -> str:
        """NAME@VERSION, as answers carry it."""
        return f"{self.source.name}@{self.version}"

    def read(self, content: bytes) -> Picture:
        """Return an image file as the model sees it: the same code as `winnow predict`. Raises ImageProblem."""
        try:
            return self._read(content, min(_LARGE_PIXELS, self.max_pixels))
        except ImageProblem as problem:
            # Told from the header: nothing has been decoded yet.
            if problem.check != _TOO_LARGE or self.max_pixels <= _LARGE_PIXELS:
                raise
        with _LARGE_TURN:
            return self._read(content, self.max_pixels)

    def _read(self, content: bytes, max_pixels: int) -> Picture:
        image = decode(content, max_pixels=max_pixels)
        return Picture(preprocess(image, self.runtime.spec), image.width, image.height, image.mode)

    def answer(self, contents: list[bytes]) -> list[Result]:
        """Return what the model says about each image file, or what is wrong with it."""
        read = [self._try_read(content) for content in contents]
        good = [(picture, spent) for picture, spent in read if isinstance(picture, Picture)]
        answers = iter(self._infer(good))
        return [next(answers) if isinstance(picture, Picture) else picture for picture, _ in read]

    def _try_read(self, content: bytes) -> tuple[Picture | ImageProblem, float]:
        started = time.perf_counter()
        try:
            found: Picture | ImageProblem = self.read(content)
        except ImageProblem as problem:
            found = problem
        return found, time.perf_counter() - started

    def _infer(self, good: Sequence[tuple[Picture, float]]) -> list[Result]:
        if not good:
            return []
        started = time.perf_counter()
        try:
            logits, embedding = self.runtime.outputs(stack([picture.pixels for picture, _ in good]))
        except DivergenceError as error:
            # The others in the batch are no worse for it.
            return [error] if len(good) == 1 else [result for each in good for result in self._infer([each])]
        spent = time.perf_counter() - started
        rows = zip(good, softmax(logits), embedding, strict=True)
        return [Answer(picture, row, seen, decode_s, spent, len(good)) for (picture, decode_s), row, seen in rows]

    def describe(self) -> dict[str, Any]:
        """Return what `GET /v1/model` says."""
        source, meta = self.source, self.runtime.meta
        return {
            "name": source.name,
            "version": self.version,
            "is_registered": source.version is not None,
            "commit": source.commit,
            "signature": source.signature,
            "data_hash": meta.data_hash,
            "code_hash": meta.code_hash,
            "weights_hash": meta.weights_hash,
            "file_sha256": self.runtime.identity,
            "precision": meta.precision,
            "num_bytes": source.path.stat().st_size,
            "labels": meta.labels,
            "num_examples": [len(pictures) for pictures in self.examples],
            "preprocessing": meta.spec.model_dump(),
            "metrics": source.metrics,
            "card": source.card,
        }


def load(source: Source, *, num_threads: int, max_pixels: int) -> Loaded:
    """Return the model of a source, with one answer behind it; errors as `Runtime.load`."""
    runtime = Runtime.load(source.path, num_threads=num_threads)
    version = source.version or f"unregistered-{runtime.identity[:12]}"
    examples = load_examples(source.path.parent, len(runtime.labels))
    loaded = Loaded(source, runtime, version, max_pixels, examples)
    # Pillow imports what decodes a format when it meets the first of it: 100 ms that no client shall wait.
    loaded.answer(list(_formats()))
    return loaded


def _formats() -> Iterator[bytes]:
    for file_format in ("PNG", "JPEG", "WEBP", "GIF"):
        stream = io.BytesIO()
        Image.new("RGB", (8, 8), (128, 128, 128)).save(stream, file_format)
        yield stream.getvalue()


def stack(pixels: Sequence[Pixels]) -> Pixels:
    """Return [B, size, size, channels]; one picture is not copied."""
    return pixels[0][np.newaxis] if len(pixels) == 1 else np.stack(pixels)


class Pace(NamedTuple):
    """How fast a warm model is."""

    best_batch: int
    """So many images are best taken at once."""

    single_s: float
    """One image alone."""


def warm_up(runtime: Runtime, max_batch: int) -> Pace:
    """Run the model until it is warm, and return how many images are best taken at once, at most `max_batch`.

    That is the smallest batch beyond which an image gets no more than 5 % cheaper, and one that takes no longer than
    two single images: a larger one makes everybody in it wait. A batch that takes noticeably long must gain 20 %: in
    an overload two images at once wait twice as long for nothing. Half a second is spent at most, but for very large
    models.
    """
    spec = runtime.spec
    largest = np.zeros((max(1, max_batch), spec.size, spec.size, spec.channels), dtype=np.uint8)
    for _ in range(_WARM_UP):
        runtime.outputs(largest[:1])
    best, cheapest, single = 1, float("inf"), 0.0
    begun = time.perf_counter()
    for size in _SIZES:
        if size > max_batch or time.perf_counter() - begun > _TUNE_S:
            break
        spent = min(_timed(runtime, largest[:size]) for _ in range(_TRIES))
        single = single or spent
        if spent > max(_PATIENCE * single, _UNNOTICED_S):
            break
        if spent / size * (_GAIN if spent < _UNNOTICED_S else _CLEAR_GAIN) < cheapest:
            best, cheapest = size, spent / size
    return Pace(best, single)


def _timed(runtime: Runtime, pixels: Pixels) -> float:
    started = time.perf_counter()
    runtime.outputs(pixels)
    return time.perf_counter() - started
