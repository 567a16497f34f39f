"""Which code made an output: the import closure of a step, and its hash.

The closure is read from the source text, not from what happens to be loaded, so that it is the same whoever calls.
The architecture tests compare it with the `deps` in `dvc.yaml`; `bundle.json` and the checkpoints carry its hash.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = "winnow"
SOURCE = Path(__file__).parent


def module_path(module: str) -> Path | None:
    """Return the source file of a module of this package, or None where there is no such module."""
    path = SOURCE.joinpath(*module.split(".")[1:])
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def imported_modules(module: str) -> frozenset[str]:
    """Return the modules of this package that `module`'s source imports, lazily ones included."""
    path = module_path(module)
    if path is None:
        raise ValueError(f"no module {module}")
    return frozenset(_walk_imports(ast.parse(path.read_text(encoding="utf-8"))))


def _walk_imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from winnow.models import factory` imports a module; `from winnow.models.factory import build` a name.
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [node.module, *(name for name in inner if _is_ours(name) and module_path(name) is not None)]
        else:
            continue
        yield from (name for name in names if _is_ours(name) and name != PACKAGE)


def _is_ours(name: str) -> bool:
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


def import_closure(module: str) -> frozenset[str]:
    """Return `module` and every module of this package that it imports, directly or not."""
    seen: set[str] = set()
    queue = [module]
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            queue.extend(imported_modules(name))
    return frozenset(seen)


def code_hash(module: str, *folders: Path) -> str:
    """Return the SHA-256 of the sources in `module`'s closure and of all `*.py` below `folders`.

    64 hex digits; line ends are normalised, so that a checkout on Windows gives the same hash.
    """
    digest = hashlib.sha256()
    closure = [(name, module_path(name)) for name in sorted(import_closure(module))]
    custom = [(path.relative_to(root).as_posix(), path) for root in folders for path in sorted(root.rglob("*.py"))]
    for name, path in [*closure, *custom]:
        assert path is not None, "a closure holds modules that exist"
        content = _read_source(path)
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def module_hash(*modules: str) -> str:
    """Return the SHA-256 of the sources of these modules alone, 64 hex digits."""
    digest = hashlib.sha256()
    for module in modules:
        path = module_path(module)
        assert path is not None, f"no module {module}"
        digest.update(_read_source(path))
    return digest.hexdigest()


def _read_source(path: Path) -> bytes:
    return path.read_bytes().replace(b"\r\n", b"\n")
