"""`module:function` in a project's `custom/` folder: the user's own model, loss, augmentation or metric.

A reference names a plain function. `options:` of `params.yaml` are its keyword arguments, bound here, so that a
mistyped option is refused before any work starts and the caller passes only what changes from call to call.
"""

import functools
import hashlib
import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from winnow.config import nearest
from winnow.errors import ConfigError

Function = Callable[..., Any]


def is_reference(name: str) -> bool:
    """Return whether `name` means a function in `custom/` rather than something of ours."""
    return ":" in name


def load_reference(reference: str, folder: Path, options: Mapping[str, Any] | None = None) -> Function:
    """Return the function that `reference` (`module:function`) names in `folder`, with `options` bound by keyword.

    Raises ConfigError when the module or the function is not there (naming the nearest), when importing it fails
    (naming the user's own line), and when it takes no such option.
    """
    module_name, _, function_name = reference.partition(":")
    module = _import_module(reference, module_name, folder)
    function = getattr(module, function_name, None)
    if not callable(function):
        known = sorted(name for name, value in vars(module).items() if callable(value) and not name.startswith("_"))
        raise ConfigError(
            f"`{reference}`: no function `{function_name}` in {_source(folder, module_name)}",
            hint=nearest(function_name, known) if known else "define it at the top level of that file",
        )
    _require_options(reference, function, options or {})
    return functools.partial(function, **(options or {}))


def _import_module(reference: str, name: str, folder: Path) -> ModuleType:
    if not _source(folder, name).is_file():
        known = sorted(".".join(path.relative_to(folder).with_suffix("").parts) for path in folder.rglob("*.py"))
        raise ConfigError(
            f"`{reference}`: expected {_source(folder, name)}, found nothing",
            hint=nearest(name, known) if known else "put the module there; custom/README.md shows how",
        )
    # A new file may be younger than the importer's listing of its folder.
    importlib.invalidate_caches()
    try:
        return importlib.import_module(f"{_package(folder)}.{name}")
    except Exception as error:
        raise _broken(reference, folder, error) from error


def _source(folder: Path, module_name: str) -> Path:
    return folder.joinpath(*module_name.split(".")).with_suffix(".py")


def _package(folder: Path) -> str:
    """Return the name of a package that stands for `folder`, made on first use.

    A package of its own keeps `examples` of two projects apart, lets modules say `from .layers import Block`, and
    leaves `sys.path` alone, where a `random.py` in `custom/` would shadow Python's.
    """
    name = f"winnow_custom_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}"
    if name not in sys.modules:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder.resolve())]
        sys.modules[name] = module_from_spec(spec)
    return name


def _broken(reference: str, folder: Path, error: Exception) -> ConfigError:
    """Describe what a user's module raised on import, with the last line of theirs that led there."""
    root = str(folder.resolve())
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(root)]
    if isinstance(error, SyntaxError):
        where = f"{error.filename}:{error.lineno}: {(error.text or '').strip()}"
    elif lines:
        where = f"{lines[-1].filename}:{lines[-1].lineno}: {lines[-1].line}"
    else:
        where = root
    return ConfigError(
        f"`{reference}` cannot be imported: {type(error).__name__}: {error}\n  {where}",
        hint="mend that line; files of the same folder are imported as `from .other import name`",
    )


def _require_options(reference: str, function: Function, options: Mapping[str, Any]) -> None:
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    known = [parameter.name for parameter in parameters if parameter.kind is not parameter.POSITIONAL_ONLY]
    for option in options:
        if option not in known:
            raise ConfigError(f"`{reference}` takes no option `{option}`", hint=nearest(str(option), known))
