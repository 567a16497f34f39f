"""`python -m deploy.cloud.runner --dry-run …`: a Compute Engine template for one-job machines with a GPU."""

import argparse
import shlex
import sys
from collections.abc import Sequence

from deploy.cloud.bootstrap import apply
from deploy.cloud.machine import Machine, plan, start_command, token_command
from deploy.cloud.names import NameProblem
from deploy.cloud.steps import say


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; return the exit code: 0, 2 for a name that cannot be, else the failed command's."""
    values = vars(_parser().parse_args(arguments))
    is_dry = values.pop("dry_run")
    try:
        machine = Machine(**values)
    except NameProblem as problem:
        sys.stderr.write(f"error: {problem}\n")
        return 2
    code = apply(plan(machine), is_dry=is_dry)
    if not code:
        say("\n# Then, by hand. Store GitHub's token (type it, then Ctrl-D):")
        say(token_command(machine))
        say("# Start a machine, with a new name each time:")
        say(shlex.join(start_command(machine, "job1")))
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.cloud.runner", allow_abbrev=False, description=__doc__)
    add = parser.add_argument
    add("--project", required=True, help="the id of the project; better not the one that has the bucket")
    add("--zone", required=True)
    add("--repository", required=True, metavar="OWNER/NAME")
    add("--machine-type", required=True)
    add("--accelerator", required=True, metavar="KIND")
    add("--num-accelerators", type=int, default=1, metavar="N")
    add("--image-family", required=True, help="with systemd, the GPU's driver, Git, Python 3.11 or newer")
    add("--image-project", required=True)
    add("--disk-gb", type=int, default=100)
    add("--free-gb", type=int, default=30, help="a job is refused with less room than this")
    add("--max-hours", type=int, default=6, help="Google deletes the machine after this")
    add("--idle-minutes", type=int, default=10, help="it deletes itself when no job comes")
    add("--label", default="gpu")
    add("--dry-run", action="store_true", help="only print")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
