"""What a command of the package imports, read from the text: at once, or not before a function is called."""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.utils import canonicalize_name

PACKAGE = "winnow"


class Import(NamedTuple):
    """One imported name."""

    module: str
    name: str
    """What is taken from the module; empty for `import module`."""
    line: int
    is_lazy: bool
    """Within a function."""


@dataclass(frozen=True)
class Sources:
    """The package below a folder, which need not be the one that is installed."""

    folder: Path

    def path(self, module: str) -> Path | None:
        """Return the file of a module, None where there is none."""
        path = self.folder.joinpath(*module.split("."))
        return next((each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None)

    @cached_property
    def _read(self) -> dict[str, tuple[list[Import], set[str]]]:
        return {}

    def imports(self, module: str) -> list[Import]:
        """Return what a module's text imports."""
        return self._parsed(module)[0]

    def has_name(self, module: str, name: str) -> bool:
        """Return whether a module binds a name where it is imported, or has a module of this name inside."""
        return name in self._parsed(module)[1] or self.path(f"{module}.{name}") is not None

    def _parsed(self, module: str) -> tuple[list[Import], set[str]]:
        if module not in self._read:
            path = self.path(module)
            self._read[module] = parsed(path.read_text(encoding="utf-8") if path else "")
        return self._read[module]

    def closure(self, roots: Iterable[str], *, lazily: bool, apart: Iterable[tuple[str, str]] = ()) -> list[str]:
        """Return the modules of the package that `roots` import, directly or not, in order.

        `lazily` follows what functions import, too; `apart` are pairs of importer and imported that are not followed.
        """
        seen: set[str] = set()
        queue = list(roots)
        while queue:
            module = queue.pop()
            if module in seen or self.path(module) is None:
                continue
            seen.add(module)
            for each in self.imports(module):
                if each.module.partition(".")[0] == PACKAGE and (lazily or not each.is_lazy):
                    names = {each.module, f"{each.module}.{each.name}"}
                    queue += [name for name in names if (module, name) not in set(apart)]
        return sorted(seen)


@cache
def parsed(text: str) -> tuple[list[Import], set[str]]:
    """Return what the text of a module imports, and what it binds: the images share most of their modules."""
    tree = ast.parse(text)
    return list(imports_of(tree)), set(bound_names(tree))


def imports_of(node: ast.AST, *, is_lazy: bool = False) -> Iterator[Import]:
    """Yield the imports below a node; those for type checkers alone are none."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, "", child.lineno, is_lazy) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield from (Import(child.module, alias.name, child.lineno, is_lazy) for alias in child.names)
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        else:
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from imports_of(child, is_lazy=is_lazy or is_function)


def bound_names(node: ast.AST) -> Iterator[str]:
    """Yield the names that a module has after its import."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield child.name
        elif isinstance(child, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in child.names)
        else:
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                yield child.id
            yield from bound_names(child)


def command_modules(sources: Sources, command: str) -> list[str] | None:
    """Return the modules that a command of the command line imports when it is called; None for no command."""
    for path in sorted((sources.folder / PACKAGE / "cli").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and command in command_names(node):
                return [name for each in imports_of(node) for name in (each.module, f"{each.module}.{each.name}")]
    return None


def command_names(node: ast.FunctionDef) -> list[str]:
    """Return what a function is called on the command line: `@app.command("name")`, else its own name."""
    calls = [
        each for each in node.decorator_list if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)
    ]
    return [
        str(ast.literal_eval(call.args[0])) if call.args else node.name.replace("_", "-")
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "command"
    ]


def distributions_of(module: str) -> set[str]:
    """Return who may publish a foreign module, as locks name them; its own name where it is not installed here."""
    top = module.partition(".")[0]
    return packages_by_module().get(top, {canonicalize_name(top)})


@cache
def packages_by_module() -> dict[str, set[str]]:
    """Return the top-level modules of this environment, each with the packages that bring it, as locks name them."""
    found = metadata.packages_distributions()
    return {name: {str(canonicalize_name(each)) for each in owners} for name, owners in found.items()}


def is_foreign(module: str) -> bool:
    """Return whether a module comes neither with Python nor with us."""
    return module.partition(".")[0] not in {PACKAGE, *sys.stdlib_module_names}
