"""Small pieces: a ratchet. An exception may shrink, and when it fits the budget it goes."""

import ast
from collections.abc import Iterator
from pathlib import Path

MODULE_LINES = 250
STEP_LINES = 80
FUNCTION_LINES = 40
LARGER_MODULES: dict[str, int] = {}
LONGER_FUNCTIONS: dict[str, int] = {}


def line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function of a source file with the number of its lines, decorators and docstring apart."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            has_docstring = ast.get_docstring(node) is not None
            start = node.body[0].end_lineno if has_docstring else node.lineno
            yield node.name, (node.end_lineno or 0) - (start or 0) + 1


def over_budget(sizes: dict[str, int], budgets: dict[str, int], exceptions: dict[str, int]) -> dict[str, int]:
    return {name: size for name, size in sizes.items() if size > exceptions.get(name, budgets[name])}


def test_modules_fit_on_a_few_screens_and_steps_on_two(modules: dict[str, Path]) -> None:
    sizes = {name: line_count(path) for name, path in modules.items()}
    budgets = {name: STEP_LINES if name.startswith("winnow.pipeline.") else MODULE_LINES for name in modules}
    assert over_budget(sizes, budgets, LARGER_MODULES) == {}
    slack = {name: sizes.get(name) for name, limit in LARGER_MODULES.items() if sizes.get(name, 0) < limit}
    assert slack == {}, "these shrank: lower or remove their exception"


def test_functions_fit_on_one_screen(modules: dict[str, Path]) -> None:
    sizes = {f"{name}.{each}": size for name, path in modules.items() for each, size in functions(path)}
    assert over_budget(sizes, dict.fromkeys(sizes, FUNCTION_LINES), LONGER_FUNCTIONS) == {}
    slack = {name: sizes.get(name) for name, limit in LONGER_FUNCTIONS.items() if sizes.get(name, 0) < limit}
    assert slack == {}, "these shrank: lower or remove their exception"


def test_the_tools_are_small_too(tools: dict[str, Path]) -> None:
    assert {name: line_count(path) for name, path in tools.items() if line_count(path) > MODULE_LINES} == {}
    sizes = {f"{name}: {each}": size for name, path in tools.items() for each, size in functions(path)}
    assert over_budget(sizes, dict.fromkeys(sizes, FUNCTION_LINES), {}) == {}
