"""`winnow serve`: the exported model behind HTTP, from a folder, a file or the registry."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from winnow.disclosure import Level, read_disclosure
from winnow.errors import InputError, MachineError, UsageError
from winnow.project import find_project
from winnow.serving.app import create_app
from winnow.serving.server import serve as listen
from winnow.serving.settings import MEGABYTE, Access, Batching, Collecting, Limits, Settings
from winnow.serving.source import Source, find_source, require_model

API_KEYS = "WINNOW_API_KEYS"
ADMIN_TOKEN = "WINNOW_ADMIN_TOKEN"  # noqa: S105 - a variable's name
_ADDRESS = re.compile(r"[^@#]+[@#][^@#]+")
_LEAST = {
    "max_body_mb": 1,
    "max_memory_mb": 1,
    "max_pixels": 1,
    "max_images": 1,
    "max_queue": 1,
    "timeout_s": 0.001,
    "log_buffer_mb": 1,
    "log_segment_mb": 1,
    "log_segment_s": 0.001,
    "retain_days": 1,
}
_DAY_S = 86_400


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
    log_to: str | None = None
    log_buffer: Path | None = None
    log_buffer_mb: int = 32
    log_segment_mb: int = 4
    log_segment_s: float = 60.0
    log_images: bool = False
    retain_days: int = 30
    feedback_any_label: bool = False

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
            collecting=self._collecting(),
            expected_model=self.expect,
            stage=self.stage,
            drain_s=self.drain_s,
        )

    def _collecting(self) -> Collecting | None:
        if not self.log_to:
            if self.log_images or self.feedback_any_label:
                raise UsageError("expected --log-to with --log-images and --feedback-any-label", hint="--log-to FOLDER")
            return None
        if self.log_segment_s > _DAY_S:
            raise UsageError("expected --log-segment-s of at most a day", hint="readers look a day back, no further")
        level = disclosed()
        if self.log_images and level != "pictures":
            raise UsageError(
                f"expected project.disclose: pictures with --log-images, got {level}",
                hint="params.yaml of the project that the command is started in; docs/privacy.md",
            )
        return Collecting(
            target=self.log_to,
            buffer=self.log_buffer,
            max_buffer_bytes=self.log_buffer_mb * MEGABYTE,
            max_segment_bytes=self.log_segment_mb * MEGABYTE,
            max_segment_s=self.log_segment_s,
            has_images=self.log_images,
            retain_days=self.retain_days,
            level=level,
            is_any_label_fine=self.feedback_any_label,
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


def disclosed() -> Level:
    """Return how much of single images the project here discloses; without a project, what is usual: `ids`."""
    try:
        project = find_project()
    except InputError:
        return "ids"
    return read_disclosure(project).level


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
