"""A small data set without DVC: what the commands on images work on."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from registered import Workshop, build_two

from winnow.data.parts import image_id
from winnow.ingest.png import encode_gray
from winnow.pipeline import add
from winnow.project import Project

if TYPE_CHECKING:
    from released import Works

WriteImages = Callable[[Path, dict[str, int]], Path]

PARAMS = Path(__file__).parents[2] / "params.yaml"


def tiny_png(number: int) -> bytes:
    return encode_gray(number.to_bytes(2, "big") * 8, width=4, height=4)


@pytest.fixture
def png() -> Callable[[int], bytes]:
    return tiny_png


@pytest.fixture
def tiny_id() -> Callable[[int], str]:
    return lambda number: image_id(tiny_png(number))


@pytest.fixture
def write_images() -> Callable[[Path, dict[str, int]], Path]:
    """Return a function that writes `path -> number` as tiny images below a folder."""

    def write(folder: Path, images: dict[str, int]) -> Path:
        for name, number in images.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(tiny_png(number))
        return folder

    return write


@pytest.fixture
def project(tmp_path: Path, write_images: WriteImages, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with cats 1 and 2 and dog 3, the working directory in it."""
    made = Project(tmp_path / "project")
    made.root.mkdir()
    made.params.write_bytes(PARAMS.read_bytes())
    monkeypatch.chdir(made.root)
    write_images(made.root / "raw", {"cat/1.png": 1, "cat/2.png": 2, "dog/3.png": 3})
    add.run(made, "raw", track=False)
    return made


@pytest.fixture(scope="session")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return build_two(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def shop(two_models: Workshop, tmp_path: Path) -> Workshop:
    """A project whose models can be registered."""
    return two_models.copy(tmp_path / "shop")


@pytest.fixture(scope="session")
def one_release(tmp_path_factory: pytest.TempPathFactory) -> "Works":
    # Imported late: it needs what writes ONNX files.
    from released import Works

    works = Works.build(tmp_path_factory.mktemp("works"))
    works.release_model("1", range(2))
    works.register("v1.0.0")
    return works


@pytest.fixture
def works(one_release: "Works", tmp_path: Path) -> "Works":
    """A project with a registered model that can be released."""
    return one_release.copy(tmp_path / "works")
