"""`dvc.yaml` against the code: a stage names all that it depends on, and nothing else."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from winnow.config import SECTIONS
from winnow.project import Project
from winnow.provenance import SOURCE, import_closure, module_path

ROOT = Path(__file__).parents[2]
FLOW: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
STAGES: dict[str, Any] = FLOW["stages"]
# Paths that a step uses and that are no dependency or output of its stage.
BESIDE_THE_FLOW = {
    "root",
    "params",  # DVC watches its sections
    "scratch",
    "staging",
    "checkpoints",
    "cost",  # never repeats, so no output
}
# How work is done and judged, never what comes out of it: switching to a cluster reruns nothing.
CHANGES_NO_RESULT = {"project", "gate"}
SINGLE_KEYS = {
    "winnow.disclosure": {"project.disclose"},
    "winnow.gate_config": {"gate.margin", "gate.alpha", "gate.power"},
}


def paths(stage: dict[str, Any], *keys: str) -> set[str]:
    """Return the paths under these keys of a stage, `${code}` filled in."""
    entries = [entry for key in keys for entry in stage.get(key, [])]
    names = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries]
    return {name.replace("${code}", FLOW["vars"][0]["code"]) for name in names}


def as_dependency(module: str) -> str | None:
    """Return what stands in `dvc.yaml` for an imported module: its package's folder, or the module of a floor."""
    parts = module.split(".")[1:]
    if not parts:
        return None
    if parts[0] == "pipeline":
        return f"src/winnow/pipeline/{parts[1]}.py" if len(parts) > 1 else None
    return f"src/winnow/{parts[0]}" if (SOURCE / parts[0]).is_dir() else f"src/winnow/{parts[0]}.py"


@cache
def nodes(stage: str) -> list[ast.AST]:
    """Return what the sources of a step and of all that it imports consist of."""
    found = [module_path(name) for name in sorted(import_closure(f"winnow.pipeline.{stage}"))]
    return [node for path in found if path for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]


def sections_read(stage: str) -> set[str]:
    """Return the sections that a step reads, through `read_section(project, "…", Model)`."""
    calls = [
        node for node in nodes(stage) if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("read_section")
    ]
    return {str(ast.literal_eval(call.args[1])) for call in calls} - CHANGES_NO_RESULT


def project_paths_used(stage: str) -> set[str]:
    """Return the paths that a step names as `project.…`, relative to the project."""
    names = [node for node in nodes(stage) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    used = {node.attr for node in names if isinstance(node.value, ast.Name) and node.value.id == "project"}
    return {getattr(Project(ROOT), name).relative_to(ROOT).as_posix() for name in used - BESIDE_THE_FLOW}


def test_the_flow_is_prepare_train_evaluate_export() -> None:
    assert list(STAGES) == ["prepare", "train", "evaluate", "export"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_called_like_its_command_and_its_section(stage: str) -> None:
    assert STAGES[stage]["cmd"] == f"winnow {stage}"
    assert stage in SECTIONS
    assert stage in STAGES[stage]["params"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_code_that_its_step_imports_no_more_and_no_less(stage: str) -> None:
    code = {dependency for name in import_closure(f"winnow.pipeline.{stage}") if (dependency := as_dependency(name))}
    named = {path for path in paths(STAGES[stage], "deps") if path.startswith("src/")}
    assert sorted(code - named) == [], "missing in dvc.yaml: an edit there would leave stale outputs"
    assert sorted(named - code) == [], "spare in dvc.yaml: an edit there would run the stage for nothing"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_may_import_the_users_code_depends_on_it(stage: str) -> None:
    imports_custom = "winnow.references" in import_closure(f"winnow.pipeline.{stage}")
    assert ("custom" in paths(STAGES[stage], "deps")) is imports_custom


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_watches_the_sections_that_its_step_reads(stage: str) -> None:
    assert {name for name in STAGES[stage]["params"] if "." not in name} == sections_read(stage)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_watches_the_single_keys_that_its_step_asks_for(stage: str) -> None:
    closure = import_closure(f"winnow.pipeline.{stage}")
    asked = {key for module, keys in SINGLE_KEYS.items() if module in closure for key in keys}
    assert {name for name in STAGES[stage]["params"] if "." in name} == asked


def test_the_whole_file_is_read_by_commands_only_for_no_stage_depends_on_all_of_it(modules: dict[str, Path]) -> None:
    allowed = ("winnow.commands.", "winnow.config", "winnow.params")
    rest = {name: path for name, path in modules.items() if not name.startswith(allowed)}
    readers = re.compile(r"\b(read|check)_params\b")
    assert [name for name, path in rest.items() if readers.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_stages_files_are_the_paths_that_its_step_names(stage: str) -> None:
    declared = paths(STAGES[stage], "deps", "outs", "metrics", "plots")
    files = {path for path in declared if not path.startswith("src/")}
    assert files == project_paths_used(stage)


def test_no_two_stages_write_the_same_file() -> None:
    outs = [path for stage in STAGES.values() for path in paths(stage, "outs", "metrics", "plots")]
    assert sorted(outs) == sorted(set(outs))


def test_steps_speak_through_files_that_an_earlier_one_wrote() -> None:
    written = {"data/labels.csv", "data/images", "custom"}
    for name, stage in STAGES.items():
        read = {path for path in paths(stage, "deps") if not path.startswith("src/")}
        assert read <= written, name
        written |= paths(stage, "outs", "metrics", "plots")


def test_commands_run_on_every_system() -> None:
    for stage in STAGES.values():
        assert not set("&|;<>$`'\"") & set(stage["cmd"])
