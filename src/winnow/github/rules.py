"""What the rulesets of a repository require of a branch."""

from dataclasses import dataclass

from winnow.github.client import GitHub


@dataclass(frozen=True)
class RequiredCheck:
    """A check without which nothing is merged."""

    name: str
    app_id: int | None
    """The app that must make it; None where any may."""


def required_checks(github: GitHub, branch: str) -> list[RequiredCheck]:
    """Return the checks that rulesets require of what joins a branch; those of older branch protection are not told."""
    rules = github.pages(f"rules/branches/{branch}")
    required = (
        RequiredCheck(check["context"], check.get("integration_id"))
        for rule in rules
        if rule["type"] == "required_status_checks"
        for check in rule["parameters"]["required_status_checks"]
    )
    return list(dict.fromkeys(required))
