"""Rules that keep a workflow from doing harm. A rule takes a file and yields a sentence for each breach."""

import re
from collections.abc import Iterator

from workflow_files import EXPRESSION, ROOT, WorkflowFile

# Every action that a workflow may use, at the commit that was read: tag, then SHA.
PINS = {
    "actions/cache": ("v5.0.5", "27d5ce7f107fe9357f9df03efb73ab90386fccae"),
    "actions/checkout": ("v7.0.1", "3d3c42e5aac5ba805825da76410c181273ba90b1"),
    "actions/download-artifact": ("v8.0.1", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"),
    "actions/setup-python": ("v7.0.0", "5fda3b95a4ea91299a34e894583c3862153e4b97"),
    "actions/upload-artifact": ("v7.0.0", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f"),
    "google-github-actions/auth": ("v3.0.0", "7c6bc770dae815cd3e89ee6cdf493a5fab2cc093"),
    "iterative/setup-cml": ("v3", "1b5ab8766e715e8f1aab96bbb1f4f2e3e1e8af45"),
}
# Who may do more than read: workflow and job, the permission, and what for.
MAY_WRITE: dict[tuple[str, str], dict[str, str]] = {
    ("verify", "remote"): {"id-token": "logs in to the bucket as the reader, without a key"},
    ("data", "look"): {"id-token": "logs in to the bucket as the reader, without a key"},
    ("pipeline", "own"): {"id-token": "logs in to the bucket as the reader, without a key"},
    ("store", "push"): {"id-token": "logs in to the bucket as the writer, without a key"},
    ("images", "push"): {"packages": "pushes the images of main and of tags, and their cache"},
    ("registry", "verify"): {"id-token": "logs in to the bucket as the reader, without a key"},
    ("registry", "vault"): {
        "contents": "notes the one look into the vault on a ref of its own, before it is taken",
        "id-token": "logs in to the bucket as the reader, without a key",
    },
    ("registry", "promote"): {
        "contents": "pushes the tag of the assignment",
        "id-token": "logs in to the bucket as the reader, without a key",
    },
    ("registry", "deploy"): {
        "id-token": "logs in to the cloud without a key",
        "packages": "pushes the image of the model",
    },
    ("registry", "forward"): {"actions": "starts this workflow's run on the default branch"},
    ("registry", "undo"): {"contents": "pushes the tag that takes the promotion back"},
    ("deploy", "image"): {
        "id-token": "fetches the model and pushes its image without a key",
        "packages": "pushes the image to GitHub's own registry",
    },
    ("deploy", "release"): {"id-token": "logs in to the cloud without a key"},
    ("registry", "tell"): {"pull-requests": "posts the comment"},
    ("report", "post"): {"pull-requests": "posts the comment", "checks": "says whether the model may be merged"},
    ("accept", "commit"): {
        "contents": "makes the one commit on the pull request's branch",
        "checks": "carries the required checks over to it",
        "pull-requests": "takes the label off",
        "id-token": "logs in to the bucket as the reader, without a key",
    },
}
# What a user can set in the repository's settings. None is needed for the first pull request.
VARIABLES = {
    "WINNOW_GCP_PROVIDER": "the workload identity provider of Google Cloud; without it no step logs in",
    "WINNOW_GCP_PULL_ACCOUNT": "the service account that reads the bucket",
    "WINNOW_GCP_PUSH_ACCOUNT": "the service account that writes to it, on trusted runs only",
    "WINNOW_DEPLOY_TARGET": "cloud-run or kubernetes (docs/deploy.md); without it a release ends with its tag",
    "WINNOW_IMAGES": "where the images of models go; without it GitHub's own registry",
    "WINNOW_GCP_DEPLOY_ACCOUNT": "the service account that deploys",
    "WINNOW_GCP_SERVE_ACCOUNT": "the one that the service runs as",
    "WINNOW_GCP_CALLER": "whom to ask as, where the service lets nobody else in",
    "WINNOW_GCP_PROJECT": "the id of the project that serves",
    "WINNOW_GCP_REGION": "where it serves",
    "WINNOW_KUBE_CONTEXT": "the context of the cluster that serves",
    "WINNOW_CANARY_SECONDS": "how long a canary is watched",
    "WINNOW_LOAD_RATE": "pictures a second to staging before production is touched; without it none",
    "WINNOW_RUNNER": 'the labels of the training runner as JSON, such as ["self-hosted","gpu"]',
}
SECRETS = {
    "GITHUB_TOKEN": "GitHub's own, for the length of a job",
    "WINNOW_KUBECONFIG": "how to reach a cluster; of the environment winnow-deploy alone",
}
ENVIRONMENTS = {
    "winnow-push": "what pushes to the bucket; made by deploy/cloud, with required reviewers where a person sets them",
    "winnow-deploy": "what deploys; for the default branch alone",
    "staging": "asks whoever is set as its reviewer before a model goes to staging; nobody by default",
    "production": "the same for production",
    "gpu": "asks a maintainer before the self-hosted runner starts",
}
USE = re.compile(r"uses: (?P<action>[\w.-]+/[\w.-]+)(?P<folder>/[\w./-]+)?@(?P<sha>[0-9a-f]{40}) # (?P<tag>v[\d.]+)")


def nothing_is_allowed_until_a_job_asks(file: WorkflowFile) -> Iterator[str]:
    if file.is_action:
        return
    if file.data.get("permissions") != {}:
        yield f"{file.name}: the permissions at the top are not {{}}"
    for name, job in file.jobs.items():
        asked = job.get("permissions")
        if not isinstance(asked, dict):
            yield f"{file.name}: {name} does not list its permissions"
            continue
        granted = set(MAY_WRITE.get((file.stem, name), {}))
        beyond = {right for right, level in asked.items() if level not in {"read", "none"}} - granted
        if beyond:
            yield f"{file.name}: {name} asks to write {sorted(beyond)}, which MAY_WRITE does not know"


def every_action_is_pinned_and_known(file: WorkflowFile) -> Iterator[str]:
    for number, line in enumerate(file.text.splitlines(), start=1):
        place = f"{file.name}:{number}"
        written = line.strip().removeprefix("- ")
        if not written.startswith("uses:") or written.startswith("uses: ./"):
            continue
        use = USE.fullmatch(written)
        if use is None:
            yield f"{place}: expected `uses: OWNER/NAME@SHA # TAG`, got `{written}`"
        elif PINS.get(use["action"]) != (use["tag"], use["sha"]):
            yield f"{place}: {use['action']} at {use['tag']} is not in PINS"
    for place, step in file.steps():
        used = step.get("uses", "")
        if used.startswith("./") and not (ROOT / used / "action.yml").is_file():
            yield f"{place}: there is no action {used}"


def a_checkout_keeps_no_credential(file: WorkflowFile) -> Iterator[str]:
    for place, step in file.steps():
        options = step.get("with", {})
        if step.get("uses", "").startswith("actions/checkout@") and options.get("persist-credentials") is not False:
            yield f"{place}: the checkout leaves its token in .git/config"


def no_foreign_text_becomes_a_program(file: WorkflowFile) -> Iterator[str]:
    """Whatever `${{ }}` puts into a line is run by the shell: values travel by `env:`, without exception."""
    for place, step in file.steps():
        for key in ("run", "shell", "working-directory"):
            found = EXPRESSION.search(str(step.get(key, "")))
            if found:
                yield f"{place}: `{found[0]}` in `{key}:`; hand it over by `env:`"


def foreign_code_never_meets_rights(file: WorkflowFile) -> Iterator[str]:
    events = set(file.triggers)
    for event in sorted(events & {"pull_request_target", "issue_comment", "discussion_comment"}):
        yield f"{file.name}: `{event}` starts a trusted run at a stranger's wish"
    if "pull_request" in events:
        for name in secrets_in(file) - {"GITHUB_TOKEN"}:
            yield f"{file.name}: the secret {name} beside the code of a pull request"
    if "workflow_run" not in events:
        return
    for place, step in file.steps():
        if step.get("uses", "").startswith("actions/checkout@") and {"ref", "repository"} & set(step.get("with", {})):
            yield f"{place}: a trusted run checks out something else than the default branch"


def every_setting_is_documented(file: WorkflowFile) -> Iterator[str]:
    for name in sorted(names_in(file, "vars") - set(VARIABLES)):
        yield f"{file.name}: the variable {name} is not in VARIABLES"
    for name in sorted(secrets_in(file) - set(SECRETS)):
        yield f"{file.name}: the secret {name} is not in SECRETS"
    for name, job in file.jobs.items():
        asked = job.get("environment")
        environment = str(asked.get("name") if isinstance(asked, dict) else asked or "")
        # Of an expression, the names that it may come to.
        names = re.findall(r"'([^']+)'", environment) if "${{" in environment else [environment] * bool(environment)
        for each in names:
            if each not in ENVIRONMENTS:
                yield f"{file.name}: the environment {each} of {name} is not in ENVIRONMENTS"
        if job.get("secrets") == "inherit":
            yield f"{file.name}: {name} hands all secrets on"


def names_in(file: WorkflowFile, context: str) -> set[str]:
    """Return the names that expressions read from `vars` or `secrets`, in any spelling that GitHub takes."""
    reading = re.compile(rf"\b{context}\s*(?:\.\s*(\w+)|\[\s*'(\w+)'\s*\])")
    found = {dotted or quoted for text in file.expressions() for dotted, quoted in reading.findall(text)}
    # `toJSON(secrets)` and `secrets[matrix.x]` name none, and so all.
    whole = re.compile(rf"\b{context}\b(?!\s*\.\s*\w|\s*\[\s*')")
    return found | ({"*"} if any(whole.search(text) for text in file.expressions()) else set())


def secrets_in(file: WorkflowFile) -> set[str]:
    return names_in(file, "secrets")


SAFETY = (
    nothing_is_allowed_until_a_job_asks,
    every_action_is_pinned_and_known,
    a_checkout_keeps_no_credential,
    no_foreign_text_becomes_a_program,
    foreign_code_never_meets_rights,
    every_setting_is_documented,
)
