"""The checks of a commit told again of the commit after it, where nothing will ever run: red ones stay red.

What a workflow's token pushes starts no workflow, so a required check would be waited for without end.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from winnow.errors import CheckError
from winnow.github.checks import Check, make_check
from winnow.github.client import GitHub, Json
from winnow.github.rules import RequiredCheck, required_checks

LOCK_CHECK = "lock"
_APP = "github-actions"
_MARK = "winnow:accept:"
_VERDICT = "winnow"
_GREEN = ("success", "neutral", "skipped")
_SETTABLE = (*_GREEN, "failure", "cancelled", "timed_out", "action_required")
_LOCK_SUMMARY = "With the files of this commit DVC finds nothing to do; that was seen before they were committed."


@dataclass(frozen=True)
class Known:
    """A check of the old commit that is to be told again."""

    name: str
    conclusion: str
    url: str
    title: str


@dataclass(frozen=True)
class Checks:
    """The checks of a commit that the next one needs."""

    known: list[Known]
    absent: list[str] = field(default_factory=list)
    """Required ones that only another app can make, or that were never made."""


def checks_to_carry(github: GitHub, commit: str, branch: str, lock_url: str) -> Checks:
    """Return what rulesets require of what joins `branch`, and the verdict's; without rulesets all of the workflows.

    The lock's own check is green: whoever calls this has seen that it is current. Raises CheckError while a required
    check has not ended.
    """
    required = {check.name: check for check in required_checks(github, branch)}
    found = [each for each in _checks_of(github, commit) if each["app"]["slug"] == _APP]
    names = dict.fromkeys(each["name"] for each in found if _is_meant(each["name"], required))
    lock = [LOCK_CHECK] if LOCK_CHECK in {*names, *required} else []
    known = [_known(name, [each for each in found if each["name"] == name]) for name in names if name not in lock]
    if waiting := [each.name for each in known if not each.conclusion and each.name in required]:
        raise CheckError(
            f"these required checks have not ended: {', '.join(sorted(waiting))}", hint="ask again when they have"
        )
    told = [Known(LOCK_CHECK, "success", lock_url, "The lock is current") for _ in lock]
    ended = [*(each for each in known if each.conclusion), *told]
    return Checks(ended, sorted(required.keys() - {each.name for each in ended}))


def carry(github: GitHub, checks: Checks, old: str, new: str) -> list[Known]:
    """Make the checks on the new commit; return them all. One that an earlier call made is not made again."""
    mark = f"{_MARK}{old}"
    there = {each["name"] for each in _checks_of(github, new) if each.get("external_id") == mark}
    for known in checks.known:
        if known.name not in there:
            make_check(github, new, _told_again(known, old, mark))
    return checks.known


def _is_meant(name: str, required: dict[str, RequiredCheck]) -> bool:
    is_verdict = name == _VERDICT or name.startswith(f"{_VERDICT} (")
    return is_verdict or not required or name in required


def _known(name: str, found: list[Json]) -> Known:
    """Return one check for all of a name: the newest that is not green, if there is one."""
    newest_first = sorted(found, key=lambda each: each["id"], reverse=True)
    red = (each for each in newest_first if each["conclusion"] not in _GREEN)
    chosen = next(red, newest_first[0])
    conclusion = chosen["conclusion"] or ""
    settable = conclusion if conclusion in _SETTABLE or not conclusion else "failure"
    title = (chosen.get("output") or {}).get("title") or ""
    return Known(name, settable, chosen.get("details_url") or chosen["html_url"], title)


def _checks_of(github: GitHub, commit: str) -> Iterable[Json]:
    return github.pages(f"commits/{commit}/check-runs", "check_runs", filter="latest")


def _told_again(known: Known, old: str, mark: str) -> Check:
    origin = f"Carried over from {old}: a commit of a workflow's token starts no workflow."
    summary = f"{_LOCK_SUMMARY}\n\n{origin}" if known.name == LOCK_CHECK else origin
    return Check(known.name, mark, known.conclusion, known.title or known.conclusion, summary, known.url)
