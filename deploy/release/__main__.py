"""`python -m deploy.release --target cloud-run|kubernetes|local --stage staging|production …`: see docs/deploy.md."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from deploy.cloud.names import NameProblem, check, check_number
from deploy.release.cloud_run import CloudRun, Place
from deploy.release.commands import Commands, login
from deploy.release.errors import ReleaseError, Stopped
from deploy.release.flow import Flow, Trial
from deploy.release.journal import Journal
from deploy.release.kubernetes import Cluster, Kubernetes
from deploy.release.load import Load
from deploy.release.local import Desk, Local
from deploy.release.order import Order, Stage, Target
from deploy.release.pictures import own_pictures, pictures
from deploy.release.smoke import Expected
from deploy.release.watch import Limits

_STAGES: tuple[Stage, ...] = ("staging", "production")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; return the exit code (docs/deploy.md lists them)."""
    values = parser().parse_args(arguments)
    journal = Journal(values.record, is_dry=values.dry_run)
    try:
        flow = build(values, journal)
    except (NameProblem, ReleaseError) as problem:
        sys.stderr.write(f"error: {problem}\n")
        return 2
    old = {number: signal.signal(number, _stop) for number in _SIGNALS}
    flow.on_put_back = _deaf
    try:
        journal.note("start", arguments=list(arguments))
        with login():
            return flow.put_back() if values.put_back else flow.run()
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def build(values: argparse.Namespace, journal: Journal) -> Flow:
    """Return the flow that a command line asks for. Raises NameProblem for what cannot be."""
    names = ("image", "model", "service", "min_instances", "max_instances", "concurrency", "canary_pct", "attempt")
    order = Order(**{name: getattr(values, name) for name in names})
    check_number("seconds of watching", round(values.watch_s), 0, 86_400)
    limits = Limits(values.watch_s, max(values.pause_s, 0.001), values.max_error_fraction, values.max_p95_ms)
    commands = Commands(journal)
    asked = _STAGES if values.stage == "production" and not values.put_back else (values.stage,)
    targets = {stage: _target(values, order, stage, commands) for stage in asked}
    expected = Expected(order.model.rpartition(":")[2], values.ready_s)
    check_number("seconds under load", round(values.load_s), 1, 3600)
    load = Load(values.load_rate, values.load_s, limits, commands) if values.load_rate > 0 else None
    trial = Trial(expected, limits, [*pictures(), *own_pictures(values.pictures)], load)
    return Flow(targets, trial, journal)


def _target(values: argparse.Namespace, order: Order, stage: Stage, commands: Commands) -> Target:
    if values.target == "local":
        return Local(order, Desk(values.folder.absolute(), values.state.absolute(), values.port), stage, commands)
    check("image", order.image)
    if values.target == "kubernetes":
        return Kubernetes(order, Cluster(values.context, values.namespace), stage, commands)
    place = Place(values.project, values.region, values.account, values.secret_version, values.caller)
    return CloudRun(order, place, stage, commands)


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser(prog="python -m deploy.release", allow_abbrev=False, description=__doc__)
    add: Any = made.add_argument
    add("--target", required=True, choices=["cloud-run", "kubernetes", "local"])
    add("--stage", required=True, choices=_STAGES, help="production goes through staging first")
    add("--image", default="", metavar="REGISTRY/PATH@sha256:…", help="a cloud needs it")
    add("--model", required=True, metavar="NAME@VERSION")
    add("--dry-run", action="store_true", help="only print the commands")
    add("--put-back", action="store_true", help="give this stage back to what served before")
    add("--record", type=Path, default=Path(".winnow/deploy"), metavar="DIR", help="steps, summary and manifests")
    add(
        "--pictures",
        type=Path,
        metavar="DIR",
        help="your own, for the smoke test and the canary, beside generated ones",
    )
    add("--ready-s", type=float, default=60.0, metavar="S", help="a candidate that is not ready by then has failed")
    add("--canary-pct", type=int, default=10, metavar="N", help="of production's traffic")
    add("--watch-s", type=float, default=300.0, metavar="S", help="how long the canary is watched")
    add("--pause-s", type=float, default=0.5, metavar="S", help="between two pictures to the canary")
    add("--max-error-fraction", type=float, default=0.01, metavar="F")
    add("--max-p95-ms", type=float, default=1000.0, metavar="MS")
    add("--load-rate", type=float, default=0.0, metavar="N", help="pictures a second to staging, by `winnow load`")
    add("--load-s", type=float, default=20.0, metavar="S", help="for so long")
    add("--attempt", type=int, default=1, metavar="N", help="another revision for the same image and model")
    _add_targets(made)
    return made


def _add_targets(made: argparse.ArgumentParser) -> None:
    run = made.add_argument_group("Cloud Run")
    for name, help_text in {
        "project": "the id of the project",
        "region": "such as europe-west4",
        "account": "the service's own identity",
        "caller": "ask as this identity: a service that lets nobody else in",
    }.items():
        run.add_argument(f"--{name}", default="", help=help_text)
    run.add_argument("--service", default="winnow", help="its services are NAME-staging and NAME-production")
    run.add_argument("--min-instances", type=int, default=1, metavar="N", help="in production")
    run.add_argument("--max-instances", type=int, default=10, metavar="N", help="in production")
    run.add_argument("--concurrency", type=int, default=16, metavar="N", help="requests at once for an instance")
    run.add_argument("--secret-version", type=int, default=1, metavar="N", help="of the secret winnow-admin-token")
    cluster = made.add_argument_group("Kubernetes")
    cluster.add_argument("--context", default="", help="as `kubectl config get-contexts` lists it")
    cluster.add_argument("--namespace", default="winnow", help="its namespaces are NAME-staging and NAME-production")
    here = made.add_argument_group("This machine")
    here.add_argument("--folder", type=Path, default=Path(), metavar="DIR", help="as winnow pull-model wrote it")
    here.add_argument("--state", type=Path, default=Path(".winnow/local"), metavar="DIR", help="what runs, and its log")
    here.add_argument("--port", type=int, default=8000, metavar="N", help="of production; staging has the next one")


def _stop(number: int, _: FrameType | None) -> None:
    raise Stopped(f"stopped by {signal.Signals(number).name}")


def _deaf() -> None:
    """What is being put back is put back whole; only SIGKILL ends that."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
