"""Start the programs of deploy/ with the options of a task."""

import os
from collections.abc import Mapping
from pathlib import Path

from tooling.running import ROOT, must


def run_module(module: str, options: Mapping[str, object], rest: str, folder: Path | None = None) -> None:
    """Run `python -m MODULE` with the options that have a value and the words of `rest`, in the caller's own folder."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    must("python", "-m", module, *words_of(options), *rest.split(), folder=folder or Path.cwd(), PYTHONPATH=path)


def words_of(options: Mapping[str, object]) -> list[str]:
    """Return options as they are typed: `token_file="x"` is `--token-file=x`; what is empty or zero is left out."""
    words = []
    for key, value in options.items():
        name = f"--{key.replace('_', '-')}"
        if value is True:
            words.append(name)
        elif isinstance(value, list):
            words += [f"{name}={each}" for each in value]
        elif value:
            words.append(f"{name}={value}")
    return words
