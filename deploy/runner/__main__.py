"""`python3 -m deploy.runner --repository OWNER/NAME --token-file FILE --label gpu`: see docs/runner.md."""

import argparse
import sys
from pathlib import Path

from deploy.runner.errors import RunnerError
from deploy.runner.github import PUBLIC_API
from deploy.runner.loop import Settings, run, say
from deploy.runner.stop import Stopped


def main(arguments: list[str]) -> int:
    """Run the loop; return its exit code: 0 done or stopped, 1 GitHub, 2 settings, 3 the machine."""
    settings = parse(arguments)
    try:
        run(settings)
    except Stopped as stop:
        say(f"stopped by {stop}")
    except RunnerError as error:
        say(f"error: {error}")
        return error.exit_code
    return 0


def parse(arguments: list[str]) -> Settings:
    """Return the settings that a command line names."""
    parser = argparse.ArgumentParser(prog="python3 -m deploy.runner", allow_abbrev=False, description=__doc__)
    add = parser.add_argument
    add("--repository", required=True, metavar="OWNER/NAME")
    add(
        "--token-file",
        required=True,
        type=Path,
        metavar="FILE",
        help="mode 0600; `Administration: write` of this repository alone",
    )
    add(
        "--label",
        action="append",
        dest="labels",
        default=[],
        metavar="NAME",
        help="again for more; `self-hosted` is always one",
    )
    add(
        "--root", type=Path, default=Path("/var/lib/winnow-runner"), metavar="DIR", help="where jobs have their folders"
    )
    add("--user", default="", metavar="NAME", help="run jobs as this user; needed when the loop runs as root")
    add("--jobs", type=int, default=0, metavar="N", help="end after N; 0: never")
    add("--free-gb", type=float, default=30.0, metavar="GB", help="refuse with less room than this")
    add("--idle-s", type=float, default=6 * 3600.0, metavar="S", help="give an unused registration back; 0: never")
    add("--version", default="latest", metavar="X.Y.Z", help="of GitHub's runner")
    add("--sha256", default="", metavar="HEX", help="of its archive; else GitHub's own answer counts")
    add("--archive", type=Path, default=None, metavar="FILE", help="an archive on this machine, with --sha256")
    add("--image", default="", metavar="IMAGE@sha256:…", help="run inside a container of this image, with all GPUs")
    add("--engine", default="docker", choices=["docker", "podman"])
    add("--group-id", type=int, default=1, metavar="N", help="the runner group; 1 is the default one")
    add("--api", default=PUBLIC_API, metavar="URL", help="https://HOST/api/v3 for GitHub Enterprise Server")
    add("--releases-api", default=PUBLIC_API, metavar="URL", help="where GitHub's runner is released")
    values = vars(parser.parse_args(arguments))
    return Settings(**{**values, "labels": tuple(values["labels"]), "root": values["root"].absolute()})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
