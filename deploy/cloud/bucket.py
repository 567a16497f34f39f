"""The bucket and its two identities: one that pulls and one that pushes, both without any key."""

from dataclasses import dataclass

from deploy.cloud.identities import account, identity
from deploy.cloud.names import check, check_number
from deploy.cloud.serving import ENVIRONMENT, images, plan_serving
from deploy.cloud.steps import Step, Words

SERVICES = ("iam", "iamcredentials", "sts", "storage")
ISSUER = "https://token.actions.githubusercontent.com"
PULL = ("storage.objects.get", "storage.objects.list")
"""What `dvc pull` calls: reads objects and lists what is there."""

PUSH = (*PULL, "storage.objects.create")
"""What `dvc push` calls more. Not `delete`: without it Google also refuses to overwrite, so what is pushed stays."""

_ONE_DAY_S = 24 * 3600


@dataclass(frozen=True)
class Cloud:
    """What is set up, and for which repository."""

    project: str
    project_number: str
    bucket: str
    repository: str
    repository_id: str
    """The number that GitHub never gives away again; a name can be given up and taken by somebody else."""

    location: str = "EU"
    branch: str = "main"
    environment: str = "winnow-push"
    """The protected environment of GitHub without which nobody pushes."""

    with_pull_requests: bool = False
    """Also push from a pull request's own run. The environment then needs required reviewers."""

    soft_delete_days: int = 7
    serve_region: str = ""
    """Where Cloud Run serves the models; empty: nothing is set up for that."""

    pool: str = "winnow-github"

    def __post_init__(self) -> None:
        kinds = (
            "project",
            "project_number",
            "bucket",
            "repository",
            "repository_id",
            "location",
            "branch",
            "environment",
        )
        for kind in kinds:
            check(kind.replace("_", " "), getattr(self, kind))
        check("name", self.pool)
        if self.serve_region:
            check("region", self.serve_region)
        check_number("soft-delete days", self.soft_delete_days, 7, 90)

    @property
    def provider(self) -> str:
        """The name by which workflows call the identity provider."""
        return f"{self._pool_path}/providers/github"

    def account(self, duty: str) -> str:
        """Return the address of the service account for a duty: `pull`, `push`, `serve` or `deploy`."""
        return account(self.project, duty)

    def members(self, duty: str) -> str:
        """Return those runs of the repository that may use the account of a duty."""
        return f"principalSet://iam.googleapis.com/{self._pool_path}/attribute.duty/{duty}"

    @property
    def _pool_path(self) -> str:
        return f"projects/{self.project_number}/locations/global/workloadIdentityPools/{self.pool}"


def plan(cloud: Cloud) -> list[Step]:
    """Return all steps, in the order in which they need each other."""
    serving = plan_serving(cloud.project, cloud.serve_region, cloud.bucket) if cloud.serve_region else []
    return [*_storage(cloud), *_accounts(cloud), *serving, *_federation(cloud), *_github(cloud)]


def attribute_mapping(cloud: Cloud) -> str:
    """Return how a run's token becomes attributes. One of them says the duty: a binding can ask for one only.

    Everything in a token but the repository's number and the run's environment and ref is a name that somebody may
    choose. The provider's condition has asked for the number already.
    """
    ref = f"assertion.ref == 'refs/heads/{cloud.branch}'"
    if cloud.with_pull_requests:
        ref = f"({ref} || assertion.ref.startsWith('refs/pull/'))"
    may_push = f"has(assertion.environment) && assertion.environment == '{cloud.environment}' && {ref}"
    duty = f"{may_push} ? 'push' : 'pull'"
    if cloud.serve_region:
        of_branch = f"assertion.ref == 'refs/heads/{cloud.branch}'"
        may_deploy = f"has(assertion.environment) && assertion.environment == '{ENVIRONMENT}' && {of_branch}"
        duty = f"{may_push} ? 'push' : ({may_deploy} ? 'deploy' : 'pull')"
    mapping = {
        # Not `sub`: it holds the branch, and Google refuses a subject of more than 127 bytes.
        "google.subject": "assertion.repository_id + '/' + assertion.run_id",
        "attribute.repository_id": "assertion.repository_id",
        "attribute.duty": duty,
    }
    return ",".join(f"{name}={value}" for name, value in mapping.items())


def _storage(cloud: Cloud) -> list[Step]:
    url, of_project = f"gs://{cloud.bucket}", f"--project={cloud.project}"
    names = tuple(f"{name}.googleapis.com" for name in SERVICES)
    # Uniform access: no object has a list of its own that somebody could widen.
    closed = ("--uniform-bucket-level-access", "--public-access-prevention")
    kept = f"--soft-delete-duration={cloud.soft_delete_days * _ONE_DAY_S}s"
    buckets: Words = ("gcloud", "storage", "buckets")
    return [
        Step("the services that are used", ("gcloud", "services", "enable", *names, of_project)),
        Step(
            f"the bucket: closed to the public; what is deleted can be brought back for {cloud.soft_delete_days} days",
            (*buckets, "create", url, of_project, f"--location={cloud.location}", *closed, kept),
            probe=(*buckets, "describe", url, "--format=value(name)"),
            renew=(*buckets, "update", url, *closed, kept),
        ),
    ]


def _accounts(cloud: Cloud) -> list[Step]:
    of_project = f"--project={cloud.project}"
    steps = []
    for duty, permissions in (("pull", PULL), ("push", PUSH)):
        role, account = f"winnow{duty.title()}", cloud.account(duty)
        roles: Words = ("gcloud", "iam", "roles")
        granted = (f"--title=winnow {duty}", f"--permissions={','.join(permissions)}", "--stage=GA")
        steps += [
            Step(
                f"the role to {duty}, with no permission more than that takes",
                (*roles, "create", role, of_project, *granted),
                probe=(*roles, "describe", role, of_project),
                renew=(*roles, "update", role, of_project, *granted, "--quiet"),
            ),
            identity(cloud.project, duty),
            Step(
                f"it may {duty}, in this bucket alone",
                (
                    *("gcloud", "storage", "buckets", "add-iam-policy-binding", f"gs://{cloud.bucket}"),
                    *(f"--member=serviceAccount:{account}", f"--role=projects/{cloud.project}/roles/{role}"),
                    "--condition=None",
                ),
            ),
        ]
    return steps


def _federation(cloud: Cloud) -> list[Step]:
    place = (f"--project={cloud.project}", "--location=global")
    pools: Words = ("gcloud", "iam", "workload-identity-pools")
    inside = (*place, f"--workload-identity-pool={cloud.pool}")
    trust = (
        f"--attribute-mapping={attribute_mapping(cloud)}",
        f"--attribute-condition=assertion.repository_id == '{cloud.repository_id}'",
    )
    steps = [
        Step(
            "the place where GitHub's runs become identities",
            (*pools, "create", cloud.pool, *place, "--display-name=GitHub Actions for winnow"),
            probe=(*pools, "describe", cloud.pool, *place),
        ),
        Step(
            f"GitHub is believed, for the repository with the number {cloud.repository_id} and no other",
            (*pools, "providers", "create-oidc", "github", *inside, f"--issuer-uri={ISSUER}", *trust),
            probe=(*pools, "providers", "describe", "github", *inside),
            renew=(*pools, "providers", "update-oidc", "github", *inside, f"--issuer-uri={ISSUER}", *trust),
        ),
    ]
    who = {"pull": "any run of it", "push": f"its runs in the environment {cloud.environment}"}
    if cloud.serve_region:
        who["deploy"] = f"its runs in the environment {ENVIRONMENT}"
    for duty, runs in who.items():
        change = ("gcloud", "iam", "service-accounts", "add-iam-policy-binding", cloud.account(duty))
        grant = ("--role=roles/iam.workloadIdentityUser", f"--member={cloud.members(duty)}", "--condition=None")
        steps.append(Step(f"{runs} may {duty}", (*change, f"--project={cloud.project}", *grant)))
    # Who may push may pull as well: an upload asks first what is there, and `push` holds those permissions itself.
    return steps


def _github(cloud: Cloud) -> list[Step]:
    # Only where it is missing: a PUT would also take away reviewers that somebody has set.
    policy = ("protected_branches=true", "custom_branch_policies=false")
    protected = tuple(
        word for entry in policy for word in ("-F", f"deployment_branch_policy[{entry.replace('=', ']=', 1)}")
    )
    variables = {
        "WINNOW_GCP_PROVIDER": cloud.provider,
        "WINNOW_GCP_PULL_ACCOUNT": cloud.account("pull"),
        "WINNOW_GCP_PUSH_ACCOUNT": cloud.account("push"),
    }
    environments = {cloud.environment: () if cloud.with_pull_requests else protected}
    if cloud.serve_region:
        environments |= dict.fromkeys((ENVIRONMENT, "staging", "production"), protected)
        variables |= {
            "WINNOW_DEPLOY_TARGET": "cloud-run",
            "WINNOW_GCP_PROJECT": cloud.project,
            "WINNOW_GCP_REGION": cloud.serve_region,
            "WINNOW_GCP_DEPLOY_ACCOUNT": cloud.account("deploy"),
            "WINNOW_GCP_SERVE_ACCOUNT": cloud.account("serve"),
            "WINNOW_IMAGES": images(cloud.project, cloud.serve_region),
        }
    return [
        *(
            _environment(f"repos/{cloud.repository}/environments/{name}", fields)
            for name, fields in environments.items()
        ),
        *(
            Step(
                f"the workflows' variable {name}",
                ("gh", "variable", "set", name, "--repo", cloud.repository, "--body", value),
            )
            for name, value in variables.items()
        ),
    ]


def _environment(path: str, fields: Words) -> Step:
    name = path.rpartition("/")[2]
    why = f"the environment {name}, for protected branches; required reviewers are set by hand"
    return Step(why, ("gh", "api", "--method", "PUT", path, *fields), probe=("gh", "api", path))
