"""Services in this process: a model that names the strongest colour, a client for it, a real socket for it."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient
from thumbnails import webp
from tiny_onnx import about, save_means

from winnow.attestation import Attestation, take_sums, write_attestation
from winnow.examples import EXAMPLES, Examples, write_examples
from winnow.serving.app import create_app
from winnow.serving.server import Server
from winnow.serving.settings import Settings
from winnow.serving.source import find_source

LABELS = ["red", "green", "blue"]


def save_model(
    folder: Path,
    version: str = "v1.0.0",
    *,
    scale: float = 0.01,
    labels: list[str] | None = None,
    examples: Examples = (),
    num_classes: int = 3,
) -> Path:
    """Write a model as `winnow pull-model` leaves it; its logits are `scale` times the mean of each channel.

    Classes beyond three have numbers for names, and nothing speaks for them.
    """
    labels = [*(labels or LABELS), *map(str, range(3, num_classes))]
    weights = (np.eye(num_classes, 3) * scale).tolist()
    save_means(folder / "onnx" / "model.onnx", weights, about(labels).to_metadata())
    if examples:
        write_examples(folder / "onnx" / EXAMPLES, examples)
    sums = take_sums(folder)
    tag = f"classifier@{version}"
    write_attestation(folder, Attestation(tag=tag, commit="c" * 40, signature="none", files=sums))
    return folder


@pytest.fixture(scope="session")
def colors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registered model that names the strongest colour."""
    return save_model(tmp_path_factory.mktemp("colors"))


@pytest.fixture(scope="session")
def examples() -> list[list[bytes]]:
    """Two pictures of red, three of green, none of blue."""
    return [[webp((level, 0, 0)) for level in (250, 200)], [webp((0, level, 0)) for level in (250, 200, 150)], []]


@pytest.fixture(scope="session")
def pictured(tmp_path_factory: pytest.TempPathFactory, examples: list[list[bytes]]) -> Path:
    """The registered model of `colors`, with examples of its classes."""
    return save_model(tmp_path_factory.mktemp("pictured"), examples=examples)


@pytest.fixture
def write_model() -> Callable[..., Path]:
    return save_model


def make_app(model: Path, settings: Settings | None = None, observers: tuple[Any, ...] = ()) -> FastAPI:
    return create_app(lambda address: find_source(Path(address) if address else model), settings, observers)


@contextmanager
def _client(model: Path, settings: Settings | None = None, observers: tuple[Any, ...] = ()) -> Iterator[TestClient]:
    with TestClient(make_app(model, settings, observers), raise_server_exceptions=False) as client:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        yield client


@pytest.fixture
def open_client() -> Callable[..., Any]:
    """Return a context manager: a client of a ready service with these settings."""
    return _client


@pytest.fixture
def client(colors: Path) -> Iterator[TestClient]:
    with _client(colors) as client:
        yield client


@contextmanager
def _served(app: FastAPI) -> Iterator[str]:
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, ws="none")
    server = Server(config, app.state.service)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started and app.state.service.state == "ready")
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def open_socket() -> Callable[..., Any]:
    """Return a context manager: a service with these settings on a real socket; its address."""
    return lambda model, settings=None, observers=(): _served(make_app(model, settings, observers))


def wait_until(is_so: Callable[[], bool], timeout_s: float = 20.0) -> None:
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.005)


@pytest.fixture
def wait() -> Callable[..., None]:
    return wait_until


def png(color: tuple[int, ...] = (0, 200, 90), mode: str = "RGB", size: tuple[int, int] = (5, 7)) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, size, color if len(color) > 1 else color[0]).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Return a function that makes a PNG of one colour."""
    return png
