"""House rules that a linter does not know."""

import ast
import sys
from functools import cache
from pathlib import Path

VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "tools"}
# The places where the package may look at its own files.
MAY_USE_FILE = {"winnow.provenance"}
BEFORE_AN_ENVIRONMENT = ("bootstrap.py", "deploy/", "dockerfiles/", ".github/scripts/")
# Bytes of paths and pickles; `torch.load` executes what it reads.
UNPICKLERS = {"pickle.load", "pickle.loads", "joblib.load", "np.load", "torch.load"}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    return list(ast.walk(tree_of(path)))


def test_no_module_has_a_name_that_could_hold_anything(modules: dict[str, Path]) -> None:
    assert [name for name in modules if VAGUE & set(name.split("."))] == []


def test_no_tool_has_a_name_that_could_hold_anything(tools: dict[str, Path]) -> None:
    assert [name for name, path in tools.items() if VAGUE & {path.stem, *Path(name).parent.parts}] == []


def test_every_tool_says_what_it_is_for_and_imports_by_full_names(tools: dict[str, Path]) -> None:
    assert [name for name, path in tools.items() if not ast.get_docstring(tree_of(path))] == []
    relative = [node for path in tools.values() for node in nodes_of(path) if getattr(node, "level", 0)]
    assert relative == []


def test_what_runs_before_there_is_an_environment_needs_python_alone(tools: dict[str, Path]) -> None:
    """A runner's machine, a job's first step and a bare desk have nothing installed."""
    bare = {name: path for name, path in tools.items() if name.startswith(BEFORE_AN_ENVIRONMENT)}
    assert {name.partition("/")[0] for name in bare} == {"bootstrap.py", "deploy", "dockerfiles", ".github"}
    ours = {"bootstrap", "deploy", *(path.stem for name, path in bare.items() if name.startswith(".github/"))}
    foreign = {name: imported(path) - set(sys.stdlib_module_names) - ours for name, path in bare.items()}
    assert {name: found for name, found in foreign.items() if found} == {}


def imported(path: Path) -> set[str]:
    """Return the top-level names of what a file imports, lazily included."""
    found = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def test_a_package_file_holds_its_docstring_and_nothing_to_run(modules: dict[str, Path]) -> None:
    packages = {name: tree_of(path) for name, path in modules.items() if path.name == "__init__.py"}
    assert [name for name, tree in packages.items() if not ast.get_docstring(tree)] == []
    del packages["winnow"]  # its one line more is the version
    assert [name for name, tree in packages.items() if len(tree.body) > 1] == []


def test_imports_name_their_module_in_full(modules: dict[str, Path]) -> None:
    relative = [
        name
        for name, path in modules.items()
        if any(isinstance(node, ast.ImportFrom) and node.level for node in nodes_of(path))
    ]
    assert relative == [], "the import closure (winnow.provenance) reads full names"


def test_no_module_of_ours_is_imported_by_a_computed_name(modules: dict[str, Path]) -> None:
    words = ("importlib.import_module", "__import__")
    using = {name for name, path in modules.items() if any(word in path.read_text("utf-8") for word in words)}
    assert using <= {"winnow.references"}, "the import closure cannot follow it"


def test_a_projects_paths_never_come_from_where_the_package_lies(modules: dict[str, Path]) -> None:
    using = {name for name, path in modules.items() if "__file__" in path.read_text(encoding="utf-8")}
    assert using <= MAY_USE_FILE


def test_nothing_unpickles(modules: dict[str, Path]) -> None:
    guilty = []
    for name, path in modules.items():
        for call in (node for node in nodes_of(path) if isinstance(node, ast.Call)):
            is_safe = any(word.arg in {"weights_only", "allow_pickle"} for word in call.keywords)
            if ast.unparse(call.func) in UNPICKLERS and not is_safe:
                guilty.append(f"{name}:{call.lineno}")
    assert guilty == []


def test_no_work_at_import(modules: dict[str, Path]) -> None:
    """A module's top level defines: no loops, no `with`, no call whose result nobody keeps."""
    guilty = []
    for name, path in modules.items():
        for node in tree_of(path).body:
            is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
            is_registration = is_call and ast.unparse(node).startswith("app.add_typer(")
            if isinstance(node, ast.For | ast.While | ast.With) or (is_call and not is_registration):
                guilty.append(f"{name}:{node.lineno}")
    assert guilty == []
