"""Service accounts: who does something in the cloud, without any key."""

from deploy.cloud.steps import Step, Words


def account(project: str, duty: str) -> str:
    """Return the address of the service account for a duty: `pull`, `push`, `serve` or `deploy`."""
    return f"winnow-{duty}@{project}.iam.gserviceaccount.com"


def identity(project: str, duty: str) -> Step:
    """Return the step that makes it."""
    accounts: Words = ("gcloud", "iam", "service-accounts")
    of_project = f"--project={project}"
    return Step(
        f"the identity that may {duty}; it has no key and gets none",
        (*accounts, "create", f"winnow-{duty}", of_project, f"--display-name=winnow {duty}"),
        probe=(*accounts, "describe", account(project, duty), of_project),
    )
