"""`python -m deploy.vertex --dry-run …`: train on Vertex AI, and fetch what came out; see docs/deploy.md."""

import argparse
import string
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.cloud.bootstrap import apply
from deploy.cloud.names import NameProblem, check, check_number
from deploy.cloud.steps import Step, say

TEMPLATE = Path(__file__).with_name("job.yaml")


@dataclass(frozen=True)
class Job:
    """One training run. Nothing that has a price has a default."""

    project: str
    region: str
    bucket: str
    """Gets dvc.lock and reports under jobs/JOB."""

    account: str
    image: str
    """Of dockerfiles/train.dockerfile, by digest: it holds the code of one commit."""

    job: str
    machine_type: str
    accelerator: str
    """As Vertex AI spells it: NVIDIA_TESLA_T4."""

    num_accelerators: int = 1
    disk_gb: int = 100
    max_hours: int = 6

    def __post_init__(self) -> None:
        for kind in ("project", "region", "bucket", "account", "image"):
            check(kind, getattr(self, kind))
        check("name", self.job)
        check("machine type", self.machine_type)
        check("accelerator type", self.accelerator)
        check_number("accelerators", self.num_accelerators, 1, 16)
        check_number("disk GB", self.disk_gb, 100, 4000)
        check_number("hours", self.max_hours, 1, 120)

    def render(self) -> str:
        """Return the job as Vertex AI reads it."""
        values = {**asdict(self), "max_seconds": self.max_hours * 3600}
        return string.Template(TEMPLATE.read_text(encoding="utf-8")).substitute(values)


def plan(job: Job, config: Path) -> list[Step]:
    """Return the steps: enable the service, start the job."""
    project = f"--project={job.project}"
    create = ("gcloud", "ai", "custom-jobs", "create", f"--display-name={job.job}", f"--config={config}")
    return [
        Step("Vertex AI", ("gcloud", "services", "enable", "aiplatform.googleapis.com", project, "--quiet")),
        Step("The job; this costs from here on", (*create, f"--region={job.region}", project, "--quiet")),
    ]


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; return the exit code: 0, 2 for a name that cannot be, else the failed command's."""
    values = vars(_parser().parse_args(arguments))
    is_dry, folder = values.pop("dry_run"), values.pop("record")
    try:
        job = Job(**values)
    except NameProblem as problem:
        sys.stderr.write(f"error: {problem}\n")
        return 2
    config = (folder / f"{job.job}.yaml").absolute()
    if is_dry:
        say("\n".join([f"# {config} would hold:", *(f"#   {line}".rstrip() for line in job.render().splitlines())]))
    else:
        folder.mkdir(parents=True, exist_ok=True)
        config.write_text(job.render(), encoding="utf-8")
    code = apply(plan(job, config), is_dry=is_dry)
    if not code:
        say("\n# When it has succeeded, in a clone of the same commit:")
        say(f"gcloud storage cp --recursive gs://{job.bucket}/jobs/{job.job}/* .")
        say("dvc pull")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.vertex", allow_abbrev=False, description=__doc__)
    add = parser.add_argument
    add("--project", required=True)
    add("--region", required=True)
    add("--bucket", required=True, help="without gs://")
    add("--account", required=True, help="the job's identity: reads and adds objects of the bucket, nothing else")
    add("--image", required=True, metavar="REGISTRY/PATH@sha256:…")
    add("--job", required=True, help="a name of its own for each run")
    add("--machine-type", required=True)
    add("--accelerator", required=True, metavar="KIND", help="as Vertex AI spells it: NVIDIA_TESLA_T4")
    add("--num-accelerators", type=int, default=1, metavar="N")
    add("--disk-gb", type=int, default=100)
    add("--max-hours", type=int, default=6, help="Google ends the job after this")
    add("--record", type=Path, default=Path(".winnow/deploy/jobs"), metavar="DIR", help="where the job's file is kept")
    add("--dry-run", action="store_true", help="only print")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
