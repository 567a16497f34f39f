"""Routes of the loopback GitHub: check runs and commit statuses."""

from github_records import Check, Status, now
from github_routes import Answer, Call, Refused, Route, invalid

_CONCLUSIONS = {"action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out"}
_STATUSES = {"queued", "in_progress", "completed"}
_STATES = {"error", "failure", "pending", "success"}
MAX_SUMMARY_CHARS = 65_535
MAX_DESCRIPTION_CHARS = 140


def create_check(call: Call) -> Answer:
    _only_for_apps(call)
    name = call.text("name", max_chars=255, resource="CheckRun")
    sha = call.text("head_sha", max_chars=40, resource="CheckRun")
    _known(call, sha)
    check = Check(call.github.next_id(), sha, name)
    _change(check, call.body)
    call.repository.checks[check.id] = check
    return Answer(call.shapes.check(call.repository, check), 201)


def update_check(call: Call) -> Answer:
    _only_for_apps(call)
    check = call.one(call.repository.checks, "id")
    _change(check, call.body)
    return Answer(call.shapes.check(call.repository, check))


def get_check(call: Call) -> Answer:
    return Answer(call.shapes.check(call.repository, call.one(call.repository.checks, "id")))


def list_checks(call: Call) -> Answer:
    checks = call.repository.checks_of(_commit(call))
    name, status = call.query.get("check_name"), call.query.get("status")
    checks = [check for check in checks if name in {None, check.name} and status in {None, check.status}]
    if call.query.get("filter", "latest") == "latest":
        # The newest of each name, as the page of a pull request shows.
        checks = list({check.name: check for check in reversed(checks)}.values())
    return call.page([call.shapes.check(call.repository, check) for check in checks], under="check_runs")


def create_status(call: Call) -> Answer:
    sha, state, target = call.names["sha"], call.body.get("state"), call.body.get("target_url")
    _known(call, sha)
    if state not in _STATES:
        raise invalid("Status", "state", "State is not included in the list")
    description = call.body.get("description")
    if description is not None and len(str(description)) > MAX_DESCRIPTION_CHARS:
        words = f"description is too long (maximum is {MAX_DESCRIPTION_CHARS} characters)"
        raise invalid("Status", "description", words)
    if target and not str(target).startswith(("https://", "http://")):
        raise invalid("Status", "target_url", "target_url must use http(s) scheme")
    context = str(call.body.get("context") or "default")
    said, shown = (str(text) if text else None for text in (description, target))
    status = Status(call.github.next_id(), sha, str(state), context, said, shown, call.user, now())
    call.repository.statuses.append(status)
    return Answer(call.shapes.status(status), 201)


def list_statuses(call: Call) -> Answer:
    return call.page([call.shapes.status(status) for status in call.repository.statuses_of(_commit(call))])


def combined_status(call: Call) -> Answer:
    """One state for all: red if any is red, green if all are, and pending without any."""
    sha = _commit(call)
    latest = {status.context: status for status in reversed(call.repository.statuses_of(sha))}
    states = {status.state for status in latest.values()}
    state = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
    shown = [call.shapes.status(status) for status in latest.values()]
    return Answer({"state": state, "sha": sha, "total_count": len(shown), "statuses": shown})


def _change(check: Check, body: dict[str, object]) -> None:
    """Take over what was sent, or refuse it."""
    status, conclusion = body.get("status", check.status), body.get("conclusion", check.conclusion)
    if conclusion is not None:
        status = "completed"
    if status not in _STATUSES or (status == "completed" and conclusion not in _CONCLUSIONS):
        raise Refused(422, f"Invalid request.\n\nstatus {status!r} and conclusion {conclusion!r} do not go together.")
    output = body.get("output", check.output)
    if not isinstance(output, dict) or (output and not (output.get("title") and output.get("summary"))):
        raise Refused(422, 'Invalid request.\n\n"output" takes a title and a summary.')
    if any(len(str(output.get(part) or "")) > MAX_SUMMARY_CHARS for part in ("summary", "text")):
        words = f"Only {MAX_SUMMARY_CHARS} characters are allowed; {len(str(output['summary']))} were supplied."
        raise Refused(422, f"Invalid request.\n\n{words}")
    check.status, check.conclusion, check.output = str(status), None if conclusion is None else str(conclusion), output
    for name in ("details_url", "external_id", "started_at", "completed_at", "name"):
        setattr(check, name, body.get(name, getattr(check, name)))
    if check.status == "completed":
        check.completed_at = check.completed_at or now()


def _only_for_apps(call: Call) -> None:
    if call.token and not call.token.is_app:
        raise Refused(403, "You must authenticate via a GitHub App.")


def _commit(call: Call) -> str:
    """Return the commit of the path, which may be a branch."""
    ref = call.names["sha"]
    sha = ref if call.repository.has_commit(ref) else call.repository.find(f"refs/heads/{ref}")
    _known(call, sha or ref)
    return sha


def _known(call: Call, sha: str) -> None:
    if not call.repository.has_commit(sha):
        raise Refused(422, f"No commit found for SHA: {sha}")


_REPO = "/repos/{owner}/{repo}"
ROUTES = [
    Route("POST", f"{_REPO}/check-runs", "checks:write", create_check),
    Route("PATCH", f"{_REPO}/check-runs/{{id}}", "checks:write", update_check),
    Route("GET", f"{_REPO}/check-runs/{{id}}", "checks:read", get_check),
    Route("GET", f"{_REPO}/commits/{{sha}}/check-runs", "checks:read", list_checks),
    Route("POST", f"{_REPO}/statuses/{{sha}}", "statuses:write", create_status),
    Route("GET", f"{_REPO}/commits/{{sha}}/statuses", "statuses:read", list_statuses),
    Route("GET", f"{_REPO}/commits/{{sha}}/status", "statuses:read", combined_status),
]
