"""The stages of both sides: which ran, which are new, and which inputs made them run."""

from collections.abc import Mapping

from winnow.verdict.causes.lock_file import Lock, LockedStage
from winnow.verdict.causes.param_changes import differing_keys, full_name
from winnow.verdict.record.context import Stage


def compare_stages(base: Lock, head: Lock, stale: Mapping[str, list[str]]) -> list[Stage]:
    """Return the state of every stage, the head's first, those that are gone last.

    `stale` are the head's stages that are out of date (`staleness.stale_stages`): that matters more than what they did.
    """
    names = dict.fromkeys([*head.stages, *stale, *base.stages])
    return [_compare(name, base.stages.get(name), head.stages.get(name), stale.get(name)) for name in names]


def _compare(name: str, base: LockedStage | None, head: LockedStage | None, stale: list[str] | None) -> Stage:
    if stale is not None:
        return Stage(name=name, state="out of date", reasons=stale)
    if head is None or base is None:
        return Stage(name=name, state="removed" if head is None else "new", reasons=[])
    reasons = differing_inputs(base, head)
    return Stage(name=name, state="ran" if reasons else "unchanged", reasons=reasons)


def differing_inputs(base: LockedStage, head: LockedStage) -> list[str]:
    """Return the dependencies, dotted params and `cmd` that differ between two runs of a stage, by name."""
    paths = dict.fromkeys([*head.deps, *base.deps])
    reasons = [path for path in paths if _hash(base, path) != _hash(head, path)]
    for file in dict.fromkeys([*head.params, *base.params]):
        keys = differing_keys(base.params.get(file, {}), head.params.get(file, {}))
        reasons += [full_name(file, key) for key in keys]
    return [*reasons, "cmd"] if base.command != head.command else reasons


def _hash(stage: LockedStage, path: str) -> str | None:
    return stage.deps[path].hash if path in stage.deps else None
