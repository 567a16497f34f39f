"""`winnow compare`: any revisions or prediction files against the first one, by the engine of the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.errors import ExitCode, UsageError
from winnow.markup.text import to_text
from winnow.project import Project
from winnow.verdict.account.comparison import comparison_blocks
from winnow.verdict.drawing_up import as_disclosed
from winnow.verdict.judging.comparison import Judgement, judge
from winnow.verdict.judging.metric_changes import Summaries
from winnow.verdict.rules import read_rules
from winnow.verdict.sides.alignment import align
from winnow.verdict.sides.reading import read_named

LEAST = 2


@dataclass(frozen=True)
class CompareResult:
    """Each contender against the first."""

    base: str
    judgements: dict[str, Judgement]
    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return the table to print."""
        return to_text(comparison_blocks(self.base, self.judgements))

    def records(self) -> dict[str, Any]:
        """Return plain data for `--json`."""
        against = {name: judgement.model_dump(mode="json") for name, judgement in self.judgements.items()}
        return {"base": self.base, "against": against}


def compare(project: Project, names: Sequence[str], predictions: Path | None = None) -> CompareResult:
    """Compare each of `names` with the first; each is a revision or a prediction file (.parquet, .csv).

    Raises UsageError for fewer than two names, one that is given twice, or an unknown revision, InputError for a file
    that cannot be read, ConfigError for rules that are wrong.
    """
    rules = read_rules(project)
    sides = {}
    for name in names:
        side = read_named(project, name, predictions)
        sides[side.name] = as_disclosed(side, rules.disclosure)
    if len(sides) < max(LEAST, len(names)):
        raise UsageError(
            f"expected two different revisions or prediction files at least, got {', '.join(names) or 'nothing'}",
            hint="winnow compare main HEAD, or winnow compare before.parquet after.parquet",
        )
    first, *others = sides.values()
    return CompareResult(
        first.name,
        {other.name: judge(align(first, other), rules, Summaries(first.metrics, other.metrics)) for other in others},
    )
