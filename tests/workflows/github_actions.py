"""Routes of the loopback GitHub: workflow runs, their jobs and artifacts, and asking for a run."""

import hashlib

from github_records import Artifact, Run
from github_routes import Answer, Call, Refused, Route


def list_runs(call: Call) -> Answer:
    """All runs, or those that the query names, the newest first."""
    found = list(reversed(call.repository.runs.values()))
    for name, field in (("head_sha", "head_sha"), ("branch", "head_branch"), ("event", "event")):
        if wanted := call.query.get(name):
            found = [run for run in found if getattr(run, field) == wanted]
    if wanted := call.query.get("status"):
        found = [run for run in found if wanted in {run.status, run.conclusion}]
    if workflow := call.names.get("workflow"):
        found = [run for run in found if run.path.rpartition("/")[2] == workflow]
    return call.page([call.shapes.run(call.repository, run) for run in found], under="workflow_runs")


def _run(call: Call) -> Run:
    return call.one(call.repository.runs, "id")


def get_run(call: Call) -> Answer:
    return Answer(call.shapes.run(call.repository, _run(call)))


def list_jobs(call: Call) -> Answer:
    return call.page(list(_run(call).jobs), under="jobs")


def run_artifacts(call: Call) -> Answer:
    run = _run(call)
    return _artifacts(call, [artifact for artifact in call.repository.artifacts.values() if artifact.run_id == run.id])


def list_artifacts(call: Call) -> Answer:
    return _artifacts(call, list(call.repository.artifacts.values()))


def _artifacts(call: Call, found: list[Artifact]) -> Answer:
    name = call.query.get("name")
    shown = [call.shapes.artifact(call.repository, each) for each in found if name in {None, each.name}]
    return call.page(list(shown), under="artifacts")


def get_artifact(call: Call) -> Answer:
    return Answer(call.shapes.artifact(call.repository, call.one(call.repository.artifacts, "id")))


def download(call: Call) -> Answer:
    """Send the client to the storage, which is another host: a token that goes along there is a leak."""
    artifact = call.one(call.repository.artifacts, "id")
    if artifact.is_expired:
        raise Refused(410, "Artifact has expired")
    if call.token is None:
        raise Refused(401, "Requires authentication")
    storage = call.shapes.server.replace("127.0.0.1", "localhost")
    place = f"{storage}/storage/{call.repository.full_name}/{artifact.id}?sig={signature(artifact)}"
    return Answer(b"", 302, {"Location": place})


def signature(artifact: Artifact) -> str:
    """Return what the storage asks for in place of a token."""
    return hashlib.sha256(f"{artifact.id}{artifact.name}".encode()).hexdigest()[:16]


def dispatch(call: Call) -> Answer:
    """Note that a run was asked for; a test runs it."""
    if not isinstance(call.body.get("ref"), str):
        raise Refused(422, 'Invalid request.\n\n"ref" wasn\'t supplied.')
    call.repository.dispatches.append({"workflow": call.names["workflow"], **call.body})
    return Answer(b"", 204)


def rerun(call: Call) -> Answer:
    call.repository.dispatches.append({"rerun": _run(call).id})
    return Answer({}, 201)


_ACTIONS = "/repos/{owner}/{repo}/actions"
_RUN, _ARTIFACT = f"{_ACTIONS}/runs/{{id}}", f"{_ACTIONS}/artifacts/{{id}}"
ROUTES = [
    Route("GET", f"{_ACTIONS}/runs", "actions:read", list_runs),
    Route("GET", f"{_ACTIONS}/workflows/{{workflow}}/runs", "actions:read", list_runs),
    Route("GET", _RUN, "actions:read", get_run),
    Route("GET", f"{_RUN}/jobs", "actions:read", list_jobs),
    Route("GET", f"{_RUN}/artifacts", "actions:read", run_artifacts),
    Route("GET", f"{_ACTIONS}/artifacts", "actions:read", list_artifacts),
    Route("GET", _ARTIFACT, "actions:read", get_artifact),
    Route("GET", f"{_ARTIFACT}/zip", "actions:read", download),
    Route("POST", f"{_ACTIONS}/workflows/{{workflow}}/dispatches", "actions:write", dispatch),
    Route("POST", f"{_RUN}/rerun", "actions:write", rerun),
]
