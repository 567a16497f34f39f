"""Says whether a job may run on this machine: its own repository's code only, by events that cannot come from a fork.

Called by admit.sh with the isolated interpreter, alone: it imports nothing of the other files.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EVENTS = ("pull_request", "push", "workflow_dispatch")


def refusal(event_name: str, repository: str, event: Mapping[str, Any]) -> str:
    """Return why a job may not run; empty when it may."""
    if event_name not in EVENTS:
        return f"jobs of `{event_name}` do not run here, only of {', '.join(EVENTS)}"
    if event_name != "pull_request":
        return ""
    head = ((event.get("pull_request") or {}).get("head") or {}).get("repo") or {}
    base = event.get("repository") or {}
    # By number: a name can be given up and taken by somebody else. A fork that was deleted has no `repo` at all.
    if not head.get("id") or head["id"] != base.get("id"):
        return f"code of {head.get('full_name') or 'a repository that is gone'} does not run here, only of {repository}"
    return ""


def main(variables: Mapping[str, str]) -> int:
    """Read what the runner says of the job, and refuse what cannot be read."""
    try:
        event = json.loads(Path(variables["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        reason = refusal(variables["GITHUB_EVENT_NAME"], variables["GITHUB_REPOSITORY"], event)
    except (KeyError, OSError, ValueError, AttributeError, TypeError) as error:
        reason = f"the event of this job cannot be read ({type(error).__name__})"
    if reason:
        sys.stderr.write(f"::error title=This runner refuses the job::{reason}\n")
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
