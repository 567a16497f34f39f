"""`python -m deploy.cloud.bootstrap --dry-run …`: print the commands that set up the cloud, or run them one by one."""

import argparse
import sys
from collections.abc import Sequence

from deploy.cloud.bucket import Cloud, plan
from deploy.cloud.names import NameProblem
from deploy.cloud.steps import Step, run, say, script


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; return the exit code: 0, 2 for a name that cannot be, else the failed command's."""
    values = vars(_parser().parse_args(arguments))
    is_dry = values.pop("dry_run")
    try:
        return apply(plan(Cloud(**values)), is_dry=is_dry)
    except NameProblem as problem:
        sys.stderr.write(f"error: {problem}\n")
        return 2


def apply(steps: Sequence[Step], *, is_dry: bool) -> int:
    """Print the steps as a shell script; unless `is_dry`, run them then."""
    say(script(steps))
    return 0 if is_dry else run(steps)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.cloud.bootstrap", allow_abbrev=False, description=__doc__)
    add = parser.add_argument
    add("--project", required=True, help="the id of the project")
    add("--project-number", required=True, help="gcloud projects describe PROJECT --format='value(projectNumber)'")
    add("--bucket", required=True, help="without gs://")
    add("--repository", required=True, metavar="OWNER/NAME")
    add("--repository-id", required=True, help="gh api repos/OWNER/NAME --jq .id")
    add("--location", default="EU", help="of the bucket")
    add("--branch", default="main", help="whose runs may push")
    add("--environment", default="winnow-push", help="in which runs may push")
    add("--with-pull-requests", action="store_true", help="also from a pull request's run; takes required reviewers")
    add("--soft-delete-days", type=int, default=7, help="7 to 90: how long what is deleted can be brought back")
    add("--serve-region", default="", metavar="REGION", help="also what Cloud Run takes to serve models there")
    add("--dry-run", action="store_true", help="only print")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
