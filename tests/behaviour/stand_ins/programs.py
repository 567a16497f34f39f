"""Puts stand-ins for the programs of clouds and registries into a folder, each a script of its own name."""

import json
import sys
from pathlib import Path
from typing import Any

CLOUDS = Path(__file__).with_name("clouds.py")
DIGEST = f"sha256:{'5' * 64}"
# A registry on this disk: what a build pushes is known by its name from then on.
_DOCKER = f"""#!/bin/sh
echo "$*" >> '{{folder}}/calls'
case "$2" in
  imagetools) grep -qxF "$4" '{{folder}}/pushed' || exit 1; echo '{DIGEST}' ;;
  build)
    for word in "$@"; do folder=$word; done
    ls "$folder" > '{{folder}}/context'
    name=; is_pushed=
    for word in "$@"; do
      [ "$last" = --tag ] && name="$name $word"
      [ "$word" = --push ] && is_pushed=yes
      last=$word
    done
    [ -z "$is_pushed" ] || printf '%s\\n' $name >> '{{folder}}/pushed' ;;
  inspect) exit 1 ;;
esac
"""


def install_clouds(folder: Path) -> None:
    """Write `gcloud` and `kubectl`; they keep their state where the variable STAND_INS says (see clouds.py)."""
    source = CLOUDS.read_text(encoding="utf-8")
    for name in ("gcloud", "kubectl"):
        _write(folder / name, f"#!{sys.executable} -IS\n{source}")


def install_docker(folder: Path) -> None:
    """Write `docker`; it notes in the folder its `calls`, what was `pushed`, and the last build's `context`."""
    (folder / "pushed").write_text("", encoding="utf-8")
    _write(folder / "docker", _DOCKER.format(folder=folder))


def cloud_run_model(state: dict[str, Any], path: str) -> str:
    """Return STAGE/NAME@VERSION of what answers at an address of the stand-in for Cloud Run."""
    kind, name = path.split("/")[1:3]
    if kind == "s":
        name = max(state["services"][name]["traffic"], key=lambda each: each["percent"])["revisionName"]
    revision = state["revisions"][name]
    return f"{revision['service'].removeprefix('winnow-')}/{revision['model']}"


def read_state(folder: Path) -> dict[str, Any]:
    """Return what the stand-ins of the clouds keep."""
    content: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    return content


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
