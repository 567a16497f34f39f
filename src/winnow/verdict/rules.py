"""By which rules a verdict is drawn up: those of `params.yaml`, or the documented ones where a repository has none."""

from collections.abc import Mapping
from typing import Any, TypeVar

from winnow.config import Section, parse_section, read_section
from winnow.disclosure import Disclosure, read_disclosure
from winnow.evaluation.config import EvaluateConfig
from winnow.gate_config import GateConfig
from winnow.project import Project
from winnow.repository.dvc import load_yaml
from winnow.verdict.judging.case import Judging

S = TypeVar("S", bound=Section)


def read_rules(project: Project) -> Judging:
    """Return the rules. Raises ConfigError for a section that is wrong.

    A repository that is no winnow project (its `params.yaml`, if it has one, has no `schema:`) may have a section
    `gate:` all the same; everything else is then as docs/params.md shows it, and ids may be shown.
    """
    content = load_yaml(project.params.read_bytes(), project.params.name) if project.params.is_file() else {}
    if _is_ours(content):
        gate, evaluate = read_section(project, "gate", GateConfig), read_section(project, "evaluate", EvaluateConfig)
        return _judging(gate, evaluate, read_disclosure(project))
    given = content.get("gate")
    if given is None:
        # Whoever brings nothing but predictions has no data set that could be checked.
        gate = documented(GateConfig).model_copy(update={"data": "off"})
    else:
        gate = parse_section(given, "gate", GateConfig, project.params)
    return _judging(gate, documented(EvaluateConfig), Disclosure("ids"))


def _is_ours(content: Mapping[str, Any]) -> bool:
    """Return whether these are winnow's params. Those that lost their schema are: nothing private may slip out."""
    project = content.get("project")
    return "schema" in content or (isinstance(project, Mapping) and "disclose" in project)


def documented(model: type[S]) -> S:
    """Return a section as docs/params.md shows it: every key at its first example."""
    content: dict[str, Any] = {name: (field.examples or [None])[0] for name, field in model.model_fields.items()}
    return model.model_validate(content)


def _judging(gate: GateConfig, evaluate: EvaluateConfig, disclosure: Disclosure) -> Judging:
    return Judging(
        gate=gate,
        disclosure=disclosure,
        confidence=evaluate.confidence,
        bootstrap_samples=evaluate.bootstrap_samples,
        seed=evaluate.seed,
        calibration_bins=evaluate.calibration_bins,
    )
