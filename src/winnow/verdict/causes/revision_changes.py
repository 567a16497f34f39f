"""What changed in the repository between the base commit and the working tree: params, stages, files."""

from collections.abc import Mapping
from typing import Any

from winnow.errors import InputError
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.repository.dvc import load_yaml
from winnow.verdict.causes.file_changes import compare_files, count_commits
from winnow.verdict.causes.lock_file import LOCK, PIPELINE, Lock, parse_lock, within, working_folder
from winnow.verdict.causes.param_changes import Params, compare_params, load_params_files
from winnow.verdict.causes.sources import Read, read_base, read_head
from winnow.verdict.causes.stage_changes import compare_stages
from winnow.verdict.causes.staleness import stale_stages
from winnow.verdict.record.context import Changes


def find_changes(project: Project, commit: str) -> Changes | NotAvailable:
    """Compare the working tree with `commit` (what `resolve` or `merge_base` returned).

    Works in any Git repository; where there is no DVC pipeline, there are no stages. A params file or a `dvc.lock`
    that cannot be read makes it not available.
    """
    here = read_head(project)
    try:
        base, _, base_params = read_side(project, read_base(project, commit), f"{commit[:12]}")
        head, pipeline, head_params = read_side(project, here, "the working tree")
    except InputError as error:
        return NotAvailable(not_available=error.message)
    params = compare_params(base_params, head_params)
    return Changes(
        params=params,
        stages=compare_stages(base, head, stale_stages(project, head, pipeline, head_params)),
        files=compare_files(project, commit, (head, base), params),
        num_commits=count_commits(project, commit),
    )


def read_side(project: Project, read: Read, name: str) -> tuple[Lock, Mapping[str, Any], Params]:
    """Return `dvc.lock`, `dvc.yaml` and the params files of one side; raises InputError, which names the side."""
    content = read(project.root / PIPELINE)
    pipeline = load_yaml(content, f"{name}: {PIPELINE}") if content else {}
    if not isinstance(pipeline.get("stages") or {}, Mapping):
        raise InputError(f"{name}: {PIPELINE}: expected stages by their names", hint="take it from Git")
    lock = parse_lock(read(project.root / LOCK), name).of_pipeline(pipeline)
    files = [*lock.params_files, *_declared_params_files(pipeline)]
    return lock, pipeline, load_params_files(project, files, read, name)


def _declared_params_files(pipeline: Mapping[str, Any]) -> list[str]:
    """Return the params files that `dvc.yaml` names: at the top, and in stages (`- FILE: [keys]`), ran or not."""
    named = [entry for entry in _list(pipeline.get("params")) if isinstance(entry, str)]
    for stage in (pipeline.get("stages") or {}).values():
        entries = _list(stage.get("params")) if isinstance(stage, Mapping) else []
        files = [str(file) for entry in entries if isinstance(entry, Mapping) for file in entry]
        named += [within(working_folder(stage), file) for file in files]
    return named


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
