"""`bundle.json`: all there is to know about a trained model besides its numbers. Free of torch."""

from importlib import metadata
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from winnow.config import Section
from winnow.errors import InputError
from winnow.files import read_json, write_json
from winnow.transforms.spec import PreprocessSpec

DESCRIPTION = "bundle.json"
WEIGHTS = "model.safetensors"

_HINT = "winnow train writes it, `dvc pull` brings one that was pushed"
_PACKAGES = ("torch", "torchvision", "timm", "winnow")


class Architecture(Section):
    """What `factory.build` needs: `build(**architecture.model_dump(), custom=project.custom)`."""

    name: str
    num_classes: int = Field(ge=1)
    channels: int = Field(ge=1)
    size: int = Field(ge=1)
    """Height and width of the input, in pixels."""

    options: dict[str, Any]


class BundleMeta(Section):
    """A model's description."""

    architecture: Architecture
    spec: PreprocessSpec
    """How an image becomes the model's input."""

    mean: list[float]
    std: list[float]
    """Per channel, on the scale 0-1, for `transforms.normalize.Normalize`."""

    labels: list[str]
    """Class names in the order of the outputs."""

    params: dict[str, Any]
    """The sections `model` and `train` it was made with."""

    code_hash: str
    data_hash: str
    versions: dict[str, str]

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        expected = self.architecture
        for what, got, wanted in (
            ("labels", len(self.labels), expected.num_classes),
            ("means", len(self.mean), expected.channels),
            ("deviations", len(self.std), expected.channels),
            ("spec.channels", self.spec.channels, expected.channels),
            ("spec.size", self.spec.size, expected.size),
        ):
            if got != wanted:
                raise ValueError(f"expected {wanted} for {what}, as the architecture says, got {got}")
        return self


def installed_versions() -> dict[str, str]:
    """Return the versions of the packages that decide what a weight file means."""
    return {name: metadata.version(name) for name in _PACKAGES}


def read_meta(folder: Path) -> BundleMeta:
    """Return a bundle's description.

    Raises InputError when it is missing or malformed, FormatError for another schema.
    """
    return read_description(folder)[0]


def read_description(folder: Path) -> tuple[BundleMeta, str]:
    """Return the description and the SHA-256 of the weight file that belongs to it."""
    path = folder / DESCRIPTION
    content = read_json(path, hint=_HINT)
    fields = {key: value for key, value in content.items() if key not in ("schema", "task", "weights_hash")}
    try:
        return BundleMeta.model_validate(fields), str(content["weights_hash"])
    except KeyError:
        raise InputError(f"{path}: missing key `weights_hash`", hint=_HINT) from None
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(map(str, detail["loc"])) or "the whole"
        message = detail["msg"].removeprefix("Value error, ")
        raise InputError(f"{path}: {where}: {message}", hint=_HINT) from None


def write_description(folder: Path, meta: BundleMeta, weights_hash: str) -> None:
    """Write `bundle.json`; it names the one weight file that it describes."""
    write_json(folder / DESCRIPTION, {**meta.model_dump(), "weights_hash": weights_hash})
