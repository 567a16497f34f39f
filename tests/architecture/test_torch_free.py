"""What runs without torch: everything but training, the models and what calls them."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from winnow.provenance import import_closure

TORCH = {"torch", "torchvision", "timm", "dvclive", "safetensors", "onnx", "onnxscript"}
WITH_TORCH = {
    "winnow.data.loader",
    "winnow.evaluation.predict",
    "winnow.transforms.augment",
    "winnow.transforms.normalize",
    "winnow.tracking",  # dvclive
    "winnow.pipeline.train",
    "winnow.pipeline.evaluate",
    "winnow.pipeline.export",
    "winnow.commands.predict",
    # These import each verb when it is called: the last test here holds that.
    "winnow.cli.main",
    "winnow.cli.model",
    "winnow.cli.stages",
    "winnow.__main__",
}
MODELS_WITHOUT_TORCH = {"winnow.models", "winnow.models.config", "winnow.models.bundle"}
# Makes Python behave as if these packages were not installed.
MISSING = f"""
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(TORCH)}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
"""


def may_need_torch(module: str) -> bool:
    """Return whether a module may import torch, directly or through others, lazily included."""
    if module.endswith(".config") or module in MODELS_WITHOUT_TORCH:
        return False
    return module in WITH_TORCH or module.startswith(("winnow.training.", "winnow.models.", "winnow.export."))


def foreign_imports(path: Path) -> set[str]:
    """Return the top-level names of all packages that a source file imports, lazily included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_no_torch_free_module_reaches_torch_even_lazily(modules: dict[str, Path]) -> None:
    imports = {name: foreign_imports(path) for name, path in modules.items()}
    guilty = {
        name: sorted(inner for inner in import_closure(name) if imports[inner] & TORCH)
        for name in modules
        if not may_need_torch(name)
    }
    assert {name: reached for name, reached in guilty.items() if reached} == {}, "these reach torch through …"


def test_the_list_of_exceptions_names_only_what_exists(modules: dict[str, Path]) -> None:
    assert sorted((WITH_TORCH | MODELS_WITHOUT_TORCH) - set(modules)) == []


@pytest.mark.slow
def test_every_torch_free_module_really_imports_where_torch_is_missing(modules: dict[str, Path]) -> None:
    names = [name for name in modules if not may_need_torch(name)] + ["winnow.cli.main"]
    program = f"import importlib\nfor name in {names}: importlib.import_module(name)\nprint('imported')"
    run = subprocess.run([sys.executable, "-c", MISSING + program], capture_output=True, text=True, check=False)
    assert run.stdout == "imported\n", run.stderr


def test_the_command_line_starts_without_any_heavy_package() -> None:
    program = "import sys, winnow.cli.main; print(*{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"torch", "numpy", "PIL", "pyarrow", "scipy", "sklearn", "matplotlib", "dvc", "pydantic", "rich"}
    assert heavy & set(run.stdout.split()) == set()
