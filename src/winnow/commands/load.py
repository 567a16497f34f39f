"""`winnow load`: how a service does when many ask at once, and whether that is good enough."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from winnow.errors import ExitCode
from winnow.files import write_json, write_text
from winnow.load_test.answers import Answer, write_answers
from winnow.load_test.limits import Limits, require_possible
from winnow.load_test.pictures import made_pictures, own_pictures
from winnow.load_test.plan import Plan, require_sound
from winnow.load_test.plot import plot
from winnow.load_test.running import run
from winnow.load_test.summary import Latency, Summary, summarize

_LATE_MS = 10.0


@dataclass(frozen=True)
class LoadResult:
    """What was found, and which limits were broken."""

    plan: Plan
    summary: Summary
    broken: list[str]

    @property
    def exit_code(self) -> ExitCode:
        """FAILED when a limit was broken."""
        return ExitCode.FAILED if self.broken else ExitCode.OK

    def title(self) -> str:
        """Return how it was asked."""
        plan = self.plan
        pace = f"{plan.rate_per_s:g} arrivals a second" if plan.is_open else f"{plan.num_users} users"
        return f"{plan.url}{plan.path}: {pace}, {plan.duration_s:g} s after {plan.warm_up_s:g} s of warm-up"

    def lines(self) -> list[str]:
        """Return the account."""
        found = self.summary
        lines = [
            self.title(),
            f"asked     {found.num_asked:>8}   {found.asked_per_s:.1f} a second",
            f"answered  {found.num_answered:>8}   {found.answered_per_s:.1f} a second{_latency(found.latency)}",
            f"refused   {found.num_refused:>8}   {found.refused_fraction:.2%}{_latency(found.refusal)}",
            f"errors    {found.num_errors:>8}   {found.error_fraction:.2%}",
        ]
        lines += [f"  {count} times {text}" for text, count in found.errors.items()]
        if found.client_late_p99_ms > _LATE_MS:
            late = found.client_late_p99_ms
            lines.append(
                f"note: requests left here late (p99 {late:.0f} ms, part of the latency): --max-open, or a busy machine"
            )
        return lines + [f"broken: {each}" for each in self.broken]

    def records(self) -> dict[str, Any]:
        """Return plain data for `--json`."""
        found = self.summary
        fractions = {"error_fraction": found.error_fraction, "refused_fraction": found.refused_fraction}
        return {"plan": asdict(self.plan), **asdict(found), **fractions, "broken": self.broken}


def load(plan: Plan, limits: Limits, *, pictures: Path | None = None, out: Path | None = None) -> LoadResult:
    """Ask the service as planned, and judge.

    With `out`: a folder for requests.csv, summary.json and load.svg. Raises UsageError for a plan or limits that
    cannot be, InputError where no service or no picture is, MachineError where locust is not installed.
    """
    require_sound(plan)
    require_possible(limits)
    answers = run(plan, own_pictures(pictures) if pictures else made_pictures(seed=plan.seed))
    summary = summarize(answers, plan)
    result = LoadResult(plan, summary, limits.broken(summary))
    if out:
        _write(out, answers, result)
    return result


def _write(out: Path, answers: Sequence[Answer], result: LoadResult) -> None:
    out.mkdir(parents=True, exist_ok=True)
    write_answers(out / "requests.csv", answers)
    write_json(out / "summary.json", result.records())
    write_text(out / "load.svg", plot(answers, result.plan, result.title()))


def _latency(found: Latency | None) -> str:
    if found is None:
        return ""
    return f"   p50 {found.p50_ms:.1f}, p95 {found.p95_ms:.1f}, p99 {found.p99_ms:.1f}, at most {found.max_ms:.1f} ms"
