"""A registered model becomes an image: its files on the serving image of its own commit, found again by its version."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from registered import Workshop, build_two, entry_for, promote_quietly, tag_model
from stand_ins.programs import DIGEST, install_docker

from winnow.registry.model_files import sum_model

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script with a #! line"),
]


@pytest.fixture(scope="session")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Two versions, the second of them in production."""
    shop = build_two(tmp_path_factory.mktemp("registered"))
    for version, revision in (("v1.0.0", "HEAD~1"), ("v1.1.0", "HEAD")):
        commit = shop.git("rev-parse", revision)
        tag_model(shop.project, entry_for(commit, version, files=sum_model(shop.project, commit)))
    promote_quietly(shop.project, commit, "v1.1.0", files=sum_model(shop.project, commit))
    return shop


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "programs"
    folder.mkdir()
    install_docker(folder)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("WINNOW_IMAGES", "registry.example.org/Winnow")
    monkeypatch.setenv("GITHUB_OUTPUT", str(folder / "outputs"))
    return folder


@pytest.fixture
def served(tooling: SimpleNamespace, docker: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commits whose serving image was built: tests/behaviour/test_images.py builds them."""
    commits: list[str] = []

    def build(*_: object, root: Path, is_pushed: bool) -> None:
        commits.append(tooling.images.git(root, "rev-parse", "HEAD"))
        with (docker / "pushed").open("a") as stream:
            stream.write(f"registry.example.org/winnow/serve:{commits[-1]}\n" if is_pushed else "")

    monkeypatch.setattr(tooling.model_image, "make_images", build)
    return commits


def test_a_model_is_laid_on_the_serving_image_of_its_own_commit_once(
    tooling: SimpleNamespace, registered: Workshop, docker: Path, served: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    def make() -> None:
        tooling.model_image.make_model_image(
            "classifier@v1.1.0", "production", "docker", "", is_pushed=True, root=registered.root
        )

    make()
    commit = registered.git("rev-parse", "HEAD")
    assert served == [commit]
    (build,) = [line for line in (docker / "calls").read_text().splitlines() if " build " in line]
    assert f"--build-arg SERVE=registry.example.org/winnow/serve:{commit}" in build
    assert "--tag registry.example.org/winnow/model:classifier-v1.1.0 " in build
    assert "--label winnow.model=classifier@v1.1.0" in build
    assert (docker / "context").read_text().split() == ["attestation.json", "bundle"]
    image = f"registry.example.org/winnow/model@{DIGEST}"
    assert (docker / "outputs").read_text() == f"image={image}\n"
    record = json.loads((registered.root / ".winnow" / "image.json").read_text())
    assert record == {"schema": 1, "image": image, "model": "classifier@v1.1.0", "commit": commit}
    assert registered.git("worktree", "list").count("\n") == 0
    make()
    assert len([line for line in (docker / "calls").read_text().splitlines() if " build " in line]) == 1
    assert "was made before" in capfd.readouterr().out


def test_a_model_is_made_only_when_the_registry_has_it_where_it_is_asked_for(
    tooling: SimpleNamespace, registered: Workshop, docker: Path, served: list[str]
) -> None:
    for address, stage, said, code in (
        ("classifier@v1.0.0", "production", "in production, the registry has v1.1.0 there", 1),
        ("classifier@v1.1.0", "staging", "in staging, the registry has nothing there", 1),
        ("classifier@v9.0.0", "", "has no version v9.0.0", 2),
        ("classifier", "", "expected NAME@VERSION", 2),
        ("$(id)@v1.0.0", "", "expected NAME", 2),
    ):
        with pytest.raises(tooling.running.Exit) as end:
            tooling.model_image.make_model_image(address, stage, "docker", "", is_pushed=True, root=registered.root)
        assert said in str(end.value)
        assert end.value.code == code
    assert served == []
    assert not (docker / "calls").exists()


def test_a_version_of_another_tool_is_not_deployed(
    tooling: SimpleNamespace, registered: Workshop, docker: Path, served: list[str], tmp_path: Path
) -> None:
    shop = registered.copy(tmp_path / "shop")
    shop.commit_model("3", range(3))
    shop.git("tag", "-a", "classifier@v2.0.0", "-m", "by hand")
    with pytest.raises(tooling.running.Exit, match="only what `winnow register` recorded is deployed"):
        tooling.model_image.make_model_image("classifier@v2.0.0", "", "docker", "", is_pushed=True, root=shop.root)
    assert served == []


def test_the_linter_finds_nothing_in_the_models_layer(tooling: SimpleNamespace) -> None:
    linter = tooling.running.program("hadolint")
    if shutil.which(linter) is None:
        pytest.skip("hadolint is not in this environment")
    run = subprocess.run([linter, ROOT / "dockerfiles" / "model.dockerfile"], capture_output=True, check=False)
    assert run.stdout == b""


def test_the_layer_holds_what_the_service_checks_and_never_the_bundle() -> None:
    text = (ROOT / "dockerfiles" / "model.dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^COPY (\S+) (\S+)$", text, re.MULTILINE) == [
        ("attestation.json", "/models/"),
        ("onnx", "/models/onnx"),
    ]
