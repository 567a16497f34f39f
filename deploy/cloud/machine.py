"""A machine with a GPU that exists only while a job waits for it: an instance template, and no instance of it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from deploy.cloud.names import check, check_number
from deploy.cloud.steps import Step, Words

RUNNER = Path(__file__).parents[1] / "runner"
MODULES = ("__init__", "__main__", "admit", "archive", "errors", "github", "loop", "place", "process", "stop")
FILES = (*(f"{name}.py" for name in MODULES), "admit.sh")
"""What the startup script fetches from the template: no machine downloads our code from anywhere."""

SECRET = "winnow-runner-token"  # noqa: S105 - the name of a secret, not the secret
ACCOUNT = "winnow-machine"
NETWORK = "winnow-runner"
_SUBNET_RANGE = "10.201.0.0/24"


@dataclass(frozen=True)
class Machine:
    """What a machine for jobs looks like. Nothing here has a price, and nothing a default that has one."""

    project: str
    zone: str
    repository: str
    machine_type: str
    accelerator: str
    image_family: str
    """A Linux with systemd, the GPU's driver, Git and Python 3.11 or newer."""

    image_project: str
    num_accelerators: int = 1
    disk_gb: int = 100
    free_gb: int = 30
    max_hours: int = 6
    """After this Google deletes the machine, whatever runs on it."""

    idle_minutes: int = 10
    label: str = "gpu"

    def __post_init__(self) -> None:
        kinds = ("project", "zone", "repository", "machine_type", "accelerator", "image_family", "label")
        for kind in kinds:
            check(kind.replace("_", " "), getattr(self, kind))
        check("project", self.image_project)
        check_number("accelerators", self.num_accelerators, 1, 16)
        check_number("disk GB", self.disk_gb, 20, 4000)
        check_number("free GB", self.free_gb, 1, self.disk_gb)
        check_number("hours", self.max_hours, 1, 120)
        check_number("idle minutes", self.idle_minutes, 1, 600)

    @property
    def account(self) -> str:
        """Return the address of the machine's service account."""
        return f"{ACCOUNT}@{self.project}.iam.gserviceaccount.com"

    @property
    def template(self) -> str:
        """Return the template's name: templates cannot be changed, so another content is another name."""
        parts = [repr(self), *((RUNNER / name).read_text(encoding="utf-8") for name in ("startup.sh", *FILES))]
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return f"winnow-runner-{digest[:8]}"

    def arguments(self) -> list[str]:
        """Return how the loop is called on the machine; the startup script adds where things are."""
        idle = f"--idle-s={self.idle_minutes * 60}"
        return [f"--repository={self.repository}", f"--label={self.label}", f"--free-gb={self.free_gb}", idle]


def plan(machine: Machine) -> list[Step]:
    """Return all steps. None of them starts a machine, and none knows the token."""
    return [*_secret(machine), *_self_removal(machine), *_network(machine), _template(machine)]


def start_command(machine: Machine, name: str) -> Words:
    """Return the command that starts one machine; it takes its jobs and deletes itself."""
    instance = f"winnow-runner-{check('name', name)}"
    place = (f"--project={machine.project}", f"--zone={machine.zone}")
    return (
        "gcloud",
        "compute",
        "instances",
        "create",
        instance,
        *place,
        f"--source-instance-template={machine.template}",
    )


def token_command(machine: Machine) -> str:
    """Return the command that stores GitHub's token: typed in, so that no file and no history of a shell holds it."""
    return f"gcloud secrets versions add {SECRET} --project={machine.project} --data-file=-"


def _secret(machine: Machine) -> list[Step]:
    of_project = f"--project={machine.project}"
    accounts: Words = ("gcloud", "iam", "service-accounts")
    services = ("compute.googleapis.com", "secretmanager.googleapis.com")
    grant = (
        f"--member=serviceAccount:{machine.account}",
        "--role=roles/secretmanager.secretAccessor",
        "--condition=None",
    )
    return [
        Step("the services that are used", ("gcloud", "services", "enable", *services, of_project)),
        Step(
            "the machine's identity: it may read one secret and delete itself, and has no access to the bucket",
            (*accounts, "create", ACCOUNT, of_project, "--display-name=winnow's runner"),
            probe=(*accounts, "describe", machine.account, of_project),
        ),
        Step(
            "the place for GitHub's token",
            ("gcloud", "secrets", "create", SECRET, of_project, "--replication-policy=automatic"),
            probe=("gcloud", "secrets", "describe", SECRET, of_project),
        ),
        Step(
            "the machine may read this secret, and no other",
            ("gcloud", "secrets", "add-iam-policy-binding", SECRET, of_project, *grant),
        ),
    ]


def _self_removal(machine: Machine) -> list[Step]:
    of_project, role = f"--project={machine.project}", "winnowRemoveMachine"
    roles: Words = ("gcloud", "iam", "roles")
    granted = ("--title=winnow remove machine", "--permissions=compute.instances.delete", "--stage=GA")
    prefix = f"projects/{machine.project}/zones/{machine.zone}/instances/winnow-runner-"
    condition = f"--condition=expression=resource.name.startsWith('{prefix}'),title=winnow-runner"
    return [
        Step(
            "the role to delete a machine",
            (*roles, "create", role, of_project, *granted),
            probe=(*roles, "describe", role, of_project),
            renew=(*roles, "update", role, of_project, *granted, "--quiet"),
        ),
        Step(
            "the machine may delete machines whose name begins as its own",
            (
                *("gcloud", "projects", "add-iam-policy-binding", machine.project),
                f"--member=serviceAccount:{machine.account}",
                *(f"--role=projects/{machine.project}/roles/{role}", condition),
            ),
        ),
    ]


def _network(machine: Machine) -> list[Step]:
    of_project, region = f"--project={machine.project}", f"--region={machine.zone.rpartition('-')[0]}"
    networks: Words = ("gcloud", "compute", "networks")
    return [
        Step(
            "a network of its own: no rule lets anybody in, and it reaches none of your other machines",
            (*networks, "create", NETWORK, of_project, "--subnet-mode=custom"),
            probe=(*networks, "describe", NETWORK, of_project),
        ),
        Step(
            "its addresses",
            (
                *networks,
                "subnets",
                "create",
                NETWORK,
                of_project,
                region,
                f"--network={NETWORK}",
                f"--range={_SUBNET_RANGE}",
            ),
            probe=(*networks, "subnets", "describe", NETWORK, of_project, region),
        ),
    ]


def _template(machine: Machine) -> Step:
    templates: Words = ("gcloud", "compute", "instance-templates")
    of_project, region = f"--project={machine.project}", machine.zone.rpartition("-")[0]
    files = {"startup-script": "startup.sh", **{f"winnow-{name.replace('.', '-')}": name for name in FILES}}
    metadata = {
        "block-project-ssh-keys": "TRUE",
        "enable-oslogin": "TRUE",
        "winnow-arguments": "\n".join(machine.arguments()),
        "winnow-secret": SECRET,
    }
    subnet = f"subnet=projects/{machine.project}/regions/{region}/subnetworks/{NETWORK}"
    hardware = (
        f"--machine-type={machine.machine_type}",
        f"--accelerator=type={machine.accelerator},count={machine.num_accelerators}",
        f"--boot-disk-size={machine.disk_gb}GB",
        f"--image-family={machine.image_family}",
        f"--image-project={machine.image_project}",
    )
    # Spot, and deleted rather than stopped, whoever ends it: Google, its time, or itself.
    life = (
        *("--provisioning-model=SPOT", "--maintenance-policy=TERMINATE", "--no-restart-on-failure"),
        *("--instance-termination-action=DELETE", f"--max-run-duration={machine.max_hours}h"),
    )
    rights = (f"--service-account={machine.account}", "--scopes=cloud-platform", f"--network-interface={subnet}")
    values = ",".join(f"{name}={value}" for name, value in metadata.items())
    paths = ",".join(f"{name}={RUNNER / path}" for name, path in files.items())
    return Step(
        "the template; a machine made of it costs, the template does not",
        (
            *(*templates, "create", machine.template, of_project, *hardware, *life, *rights),
            *(f"--metadata={values}", f"--metadata-from-file={paths}"),
        ),
        probe=(*templates, "describe", machine.template, of_project),
    )
