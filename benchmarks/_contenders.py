"""Who is compared in the benchmark of serving, how each is started, and what it takes to install it."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

from _pictures import say
from _served import Contender, call
from packaging.requirements import Requirement

HERE = Path(__file__).parent
LITSERVE = "litserve==0.2.19"
BENTOML = "bentoml==1.4.39"
"""Pinned here, and in no lock: nothing of winnow needs them."""

WINNOW = ("winnow[serve]",)
USUAL = ("fastapi", "uvicorn", "python-multipart", "pillow", "torch", "torchvision")


def own(folder: Path, size: int, cores: int) -> list[Contender]:
    """Return winnow and the usual service for the model in `folder`."""

    def winnow(title: str, precision: str, *words: str) -> Contender:
        command = (sys.executable, "-m", "winnow", "serve", str(folder / precision), "--port", "{port}", *words)
        return Contender(title, command, "/v1/predict", {"WINNOW_DRAIN_S": "0"}, installed_mb(WINNOW))

    usual = (sys.executable, str(HERE / "_usual_service.py"), str(folder / "bundle" / "model.safetensors"), str(size))
    variables = {"CORES": str(cores), "OMP_NUM_THREADS": str(cores)}
    return [
        winnow("**winnow**", "fp32"),
        winnow("winnow, int8", "int8"),
        winnow("winnow, answers logged", "fp32", "--log-to", str(folder / "traffic")),
        Contender("usual: FastAPI, torch eager", (*usual, "{port}"), "/predict", variables, installed_mb(USUAL)),
    ]


def peers(folder: Path, place: Path) -> tuple[list[Contender], list[str]]:
    """Return LitServe and BentoML, each from an environment in `place`, and a line for each that cannot be had."""
    model = str(folder / "fp32" / "onnx" / "model.onnx")
    found, missing = [], []
    for title, requirement in (("LitServe", LITSERVE), ("BentoML", BENTOML)):
        try:
            python = _environment(place / title.lower(), requirement)
        except (OSError, subprocess.CalledProcessError) as error:
            shutil.rmtree(place / title.lower(), ignore_errors=True)
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            missing.append(f"{title} could not be installed: {said[-1][:200] if said else error}")
            continue
        command: tuple[str, ...] = (str(python), str(HERE / "_litserve_service.py"), "{port}")
        if title == "BentoML":
            words = ("serve", "_bentoml_service:Classifier", "--host", "127.0.0.1", "--port", "{port}")
            command = (str(python), "-m", "bentoml", *words)
        home = place / f"{title.lower()}-home"
        variables = {
            "MODEL": model,
            "BENTOML_HOME": str(home),
            "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        }
        size_mb = sum(each.stat().st_size for each in python.parents[1].rglob("*") if each.is_file()) / 1e6
        found.append(Contender(title, command, "/predict", variables, size_mb))
    return found, missing


def _environment(folder: Path, requirement: str) -> Path:
    """Make an environment with the same onnxruntime, NumPy and Pillow as here; return its Python."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        say(f"installing {requirement}")
        uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv") or "uv"
        same = [f"{name}=={importlib.metadata.version(name)}" for name in ("onnxruntime", "numpy", "pillow")]
        call(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
        call(uv, "pip", "install", "--quiet", "--python", str(python), requirement, "python-multipart", *same)
    return python


def installed_mb(requirements: tuple[str, ...]) -> float:
    """Return the size of these packages and all that they need, as installed here."""
    seen: set[tuple[str, str]] = set()
    waiting = [(each, "") for line in requirements for each in [Requirement(line)]]
    sizes: dict[str, int] = {}
    while waiting:
        requirement, _ = waiting.pop()
        try:
            package = importlib.metadata.distribution(requirement.name)
        except importlib.metadata.PackageNotFoundError:  # for another system
            continue
        name = package.metadata["Name"].lower()
        sizes.setdefault(name, sum(path.size or 0 for path in package.files or []))
        for extra in ("", *requirement.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for line in package.requires or []:
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    waiting.append((needed, ""))
    return sum(sizes.values()) / 1e6
