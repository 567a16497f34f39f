"""What a service on Cloud Run takes: a place for images, an identity that serves, and one that deploys; no key."""

from deploy.cloud.identities import account, identity
from deploy.cloud.steps import Step, Words

NAME = "winnow"
SERVICES = ("run", "artifactregistry", "secretmanager")
SECRET = "winnow-admin-token"  # noqa: S105 - the secret's name
ENVIRONMENT = "winnow-deploy"
"""GitHub's environment, for protected branches alone, without which nobody deploys."""

DUTIES = ("serve", "deploy")


def images(project: str, region: str) -> str:
    """Return where images are pushed."""
    return f"{region}-docker.pkg.dev/{project}/{NAME}"


def plan_serving(project: str, region: str, bucket: str) -> list[Step]:
    """Return what has to exist before `deploy.yaml` can run, but for the trust in GitHub's runs."""
    return [*_places(project, region), *(identity(project, duty) for duty in DUTIES), *_rights(project, region, bucket)]


def _places(project: str, region: str) -> list[Step]:
    of_project = f"--project={project}"
    here = (of_project, f"--location={region}")
    names = tuple(f"{name}.googleapis.com" for name in SERVICES)
    repositories: Words = ("gcloud", "artifacts", "repositories")
    secrets: Words = ("gcloud", "secrets")
    return [
        Step("the services that serving uses", ("gcloud", "services", "enable", *names, of_project)),
        Step(
            "the place for images; what is pushed under a name keeps it",
            (*repositories, "create", NAME, *here, "--repository-format=docker"),
            probe=(*repositories, "describe", NAME, *here),
        ),
        Step(
            "the secret with the service's token, empty: openssl rand -hex 32 | "
            f"gcloud secrets versions add {SECRET} --data-file=- {of_project}",
            (*secrets, "create", SECRET, of_project, "--replication-policy=automatic"),
            probe=(*secrets, "describe", SECRET, of_project),
        ),
    ]


def _rights(project: str, region: str, bucket: str) -> list[Step]:
    serving = f"--member=serviceAccount:{account(project, 'serve')}"
    deploying = f"--member=serviceAccount:{account(project, 'deploy')}"
    of_project, change, without = f"--project={project}", "add-iam-policy-binding", "--condition=None"
    token = ("gcloud", "secrets", change, SECRET, of_project, serving)
    serve: Words = ("gcloud", "iam", "service-accounts", change, account(project, "serve"), of_project)
    here = (f"--location={region}", of_project)
    granted: dict[str, Words] = {
        "the service may read its token": (*token, "--role=roles/secretmanager.secretAccessor", without),
        "deploying gives the service its identity": (*serve, deploying, "--role=roles/iam.serviceAccountUser", without),
        "deploying pushes images, to this place alone": (
            *("gcloud", "artifacts", "repositories", change, NAME, *here, deploying),
            *("--role=roles/artifactregistry.writer", without),
        ),
        "deploying fetches models, as everybody who may pull": (
            *("gcloud", "storage", "buckets", change, f"gs://{bucket}", deploying),
            *(f"--role=projects/{project}/roles/winnowPull", without),
        ),
    }
    for what, role in (("changes services", "run.developer"), ("reads their log", "logging.viewer")):
        words: Words = ("gcloud", "projects", change, project, deploying, f"--role=roles/{role}", without)
        granted[f"deploying {what}"] = words
    return [Step(why, words) for why, words in granted.items()]
