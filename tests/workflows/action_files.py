"""The stand-in actions that move files: artifacts and caches. `action_steps.py` is the program."""

import fnmatch
import glob
import json
import os
import shutil
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from io import BytesIO
from itertools import takewhile
from pathlib import Path
from typing import NoReturn

_FORBIDDEN = '":<>|*?\r\n\\/'


def fail(message: str) -> NoReturn:
    """End the step with a message."""
    tell(f"::error::{message}")
    sys.exit(1)


def say(name: str, value: object) -> None:
    """Set an output of the step."""
    append("GITHUB_OUTPUT", f"{name}={value}")


def append(variable: str, line: str) -> None:
    """Add a line to a file that the runner reads after the step."""
    with Path(os.environ[variable]).open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")


def tell(line: str) -> None:
    """Print a line into the step's log."""
    sys.stdout.write(f"{line}\n")


def _cache_place(folder: Path, key: str) -> Path:
    return folder.parent / "caches" / urllib.parse.quote(key, safe="")


def cache_restore(inputs: dict[str, str], folder: Path) -> None:
    """Bring back what `cache/save` kept. Plain `cache` saves after the job, which a stand-in cannot: always cold."""
    place = _cache_place(folder, inputs["key"])
    if place.exists():
        with zipfile.ZipFile(place) as archive:
            archive.extractall(".")
    elif inputs["fail_on_cache_miss"] == "true":
        fail("Failed to restore cache entry")
    say("cache-hit", "true" if place.exists() else "")
    say("cache-primary-key", inputs["key"])


def cache_save(inputs: dict[str, str], folder: Path) -> None:
    place = _cache_place(folder, inputs["key"])
    place.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(place, "w") as archive:
        for path in _matching(inputs["path"], with_hidden=True):
            archive.write(path, path.relative_to(Path.cwd()))


def _matching(patterns: str, *, with_hidden: bool) -> list[Path]:
    """Return the files under the paths and patterns of a multi-line input; `!` takes some out."""
    found: dict[Path, None] = {}
    for pattern in filter(None, map(str.strip, patterns.splitlines())):
        names = glob.glob(pattern.lstrip("!"), recursive=True, include_hidden=True)  # noqa: PTH207 - hidden ones too
        hits = [Path(name).absolute() for name in names]
        files = [each for hit in hits for each in ([hit] if hit.is_file() else hit.rglob("*")) if each.is_file()]
        if pattern.startswith("!"):
            found = {path: None for path in found if path not in set(files)}
        else:
            found |= dict.fromkeys(files)
    # What lies above the paths that were asked for hides nothing.
    root = _root(patterns)
    is_hidden = {path: any(part.startswith(".") for part in path.relative_to(root).parts) for path in found}
    return [path for path in found if with_hidden or not is_hidden[path]]


def _root(patterns: str) -> Path:
    """Return the folder below which the real action keeps the tree: what all paths share, up to the first wildcard."""
    lines = [line for line in map(str.strip, patterns.splitlines()) if line and not line.startswith("!")]
    starts = [Path(*takewhile(lambda part: not set(part) & set("*?["), Path(line).absolute().parts)) for line in lines]
    root = Path(os.path.commonpath(starts))
    return root.parent if root.is_file() else root


def upload(inputs: dict[str, str], folder: Path) -> None:
    name = inputs["name"]
    if set(name) & set(_FORBIDDEN):
        fail(f"the artifact name is not valid: {name}")
    files = _matching(inputs["path"], with_hidden=inputs["include_hidden_files"] == "true")
    if not files:
        message = f"No files were found with the provided path: {inputs['path']}. No artifacts will be uploaded."
        if inputs["if_no_files_found"] == "error":
            fail(message)
        tell(f"::warning::{message}")
        return
    place = folder / "artifacts" / name
    if place.exists():
        if inputs["overwrite"] != "true":
            fail("Failed to CreateArtifact: an artifact with this name already exists on the workflow run")
        shutil.rmtree(place)
    root = _root(inputs["path"])
    for path in files:
        target = place / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    say("artifact-id", len(list(place.parent.iterdir())))


def download(inputs: dict[str, str], folder: Path) -> None:
    """Artifacts of this run from the store; of another run through the API, as the real one does."""
    target = Path(inputs["path"] or ".").absolute()
    other = inputs["run_id"] not in {"", os.environ["GITHUB_RUN_ID"]}
    found = _from_api(inputs) if other else _from_store(folder / "artifacts")
    name, pattern = inputs["name"], inputs["pattern"]
    chosen = {each: files for each, files in found.items() if fnmatch.fnmatchcase(each, name or pattern or "*")}
    if name and not chosen:
        fail(f"Unable to download artifact(s): Artifact not found for name: {name}")
    is_flat = bool(name) or inputs["merge_multiple"] == "true"
    for each, files in chosen.items():
        for path, content in files.items():
            place = (target if is_flat else target / each) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    say("download-path", target)


def _from_store(store: Path) -> dict[str, dict[str, bytes]]:
    folders = sorted(store.iterdir()) if store.exists() else []
    return {
        folder.name: {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in folders
    }


def _from_api(inputs: dict[str, str]) -> dict[str, dict[str, bytes]]:
    base = f"{os.environ['GITHUB_API_URL']}/repos/{inputs['repository']}/actions"
    headers = {"Authorization": f"Bearer {inputs['github_token']}"}

    def get(url: str) -> bytes:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            # The storage is another host: the token stays here.
            with error:
                if error.code == 302:
                    with urllib.request.urlopen(error.headers["Location"]) as answer:
                        return bytes(answer.read())
            fail(f"{url}: {error}")

    urllib.request.install_opener(urllib.request.build_opener(_Stay))
    listed = json.loads(get(f"{base}/runs/{inputs['run_id']}/artifacts?per_page=100"))["artifacts"]
    found = {}
    for artifact in listed:
        with zipfile.ZipFile(BytesIO(get(artifact["archive_download_url"]))) as archive:
            found[artifact["name"]] = {name: archive.read(name) for name in archive.namelist()}
    return found


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None
