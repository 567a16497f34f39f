"""`winnow serve`: the exported model behind HTTP, from a folder, a file or the registry."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from winnow.errors import InputError, MachineError, UsageError
from winnow.project import find_project
from winnow.serving.app import create_app
from winnow.serving.server import serve as listen
from winnow.serving.settings import MEGABYTE, Access, Batching, Limits, Settings
from winnow.serving.source import Source, find_source, require_model

API_KEYS = "WINNOW_API_KEYS"
ADMIN_TOKEN = "WINNOW_ADMIN_TOKEN"  # noqa: S105 - a variable's name
_ADDRESS = re.compile(r"[^@#]+[@#][^@#]+")
_LEAST = {"max_body_mb": 1, "max_memory_mb": 1, "max_pixels": 1, "max_images": 1, "max_queue": 1, "timeout_s": 0.001}


@dataclass(frozen=True)
class Asked:
    """The options of the command."""

    expect: str | None
    stage: str
    workers: int
    max_batch: int
    wait_ms: float
    max_queue: int
    patience_ms: float
    max_body_mb: int
    max_memory_mb: int
    max_pixels: int
    max_images: int
    timeout_s: float
    rate_per_s: float
    drain_s: float
    origins: tuple[str, ...]

    def settings(self) -> Settings:
        """Return what the service is told, keys from the environment included. Raises UsageError."""
        for name, value in vars(self).items():
            least = _LEAST.get(name, 0)
            if isinstance(value, int | float) and not value >= least:
                option = name.replace("_", "-")
                raise UsageError(f"expected --{option} of at least {least}, got {value}", hint="winnow serve --help")
        keys = tuple(key.strip() for key in os.environ.get(API_KEYS, "").split(",") if key.strip())
        return Settings(
            limits=Limits(
                max_body_bytes=self.max_body_mb * MEGABYTE,
                max_memory_bytes=max(self.max_memory_mb, self.max_body_mb) * MEGABYTE,
                max_images=self.max_images,
                max_pixels=self.max_pixels,
                timeout_s=self.timeout_s,
                rate_per_s=self.rate_per_s,
            ),
            batching=Batching(self.workers, self.max_batch, self.wait_ms, self.max_queue, self.patience_ms),
            access=Access(keys, os.environ.get(ADMIN_TOKEN, "").strip(), self.origins),
            expected_model=self.expect,
            stage=self.stage,
            drain_s=self.drain_s,
        )


def serve(model: str | None, *, host: str, port: int, asked: Asked) -> None:
    """Answer pictures until SIGTERM.

    `model` is a folder, an `.onnx` file or a registry address; None is `models/onnx` of the project. Raises InputError
    for a model that is not there, CheckError for one that is not what was registered, UsageError for another one than
    expected.
    """
    settings = asked.settings()

    def find(address: str | None) -> Source:
        return resolve(address or model)

    # Before anybody waits: a wrong name shall not look like a service that takes long to start.
    require_model(find(None), settings.expected_model)
    listen(create_app(find, settings), host, port)


def resolve(model: str | None) -> Source:
    """Return the model that a person means; errors as `serve`."""
    if model is None:
        return find_source(find_project().onnx)
    with suppress(OSError, ValueError):  # a name that no file can have
        if Path(model).exists():
            return find_source(Path(model))
    if _ADDRESS.fullmatch(model) is None:
        raise InputError(
            f"expected a model at {model}, found nothing", hint="a folder, an .onnx file, NAME@VERSION or NAME#STAGE"
        )
    try:
        # The image that serves has neither Git nor DVC: there, the model is a folder.
        from winnow.registry.pulling import find_source as find_repository
        from winnow.registry.pulling import pull
    except ModuleNotFoundError as error:
        raise MachineError(f"the registry needs {error.name}, which is not here", hint="name a folder") from None
    with find_repository(None) as repository:
        return find_source(pull(repository, model, None, is_signature_required=False).folder)
