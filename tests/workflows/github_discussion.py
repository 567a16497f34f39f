"""Routes of the loopback GitHub: pull requests, their comments and labels."""

from github_records import Comment, Pull, now
from github_routes import Answer, Call, Refused, Route

MAX_COMMENT_CHARS = 65_536


def list_pulls(call: Call) -> Answer:
    pulls = list(call.repository.pulls.values())
    state, head, base = call.query.get("state", "open"), call.query.get("head"), call.query.get("base")
    chosen = [pull for pull in reversed(pulls) if state in {"all", pull.state}]
    # GitHub ignores a head without an owner in front of it.
    if head and ":" in head:
        chosen = [pull for pull in chosen if f"{pull.head.owner.login}:{pull.branch}" == head]
    if base:
        chosen = [pull for pull in chosen if pull.base_branch == base]
    return call.page([call.shapes.pull(call.repository, pull) for pull in chosen])


def get_pull(call: Call) -> Answer:
    return Answer(call.shapes.pull(call.repository, call.pull()))


def list_files(call: Call) -> Answer:
    return call.page([{"filename": name, "status": "modified"} for name in call.pull().files])


def pulls_of_commit(call: Call) -> Answer:
    """As GitHub documents it: of a fork's commit, only the fork itself knows the pull request.

    Of a commit on the default branch, the merged pull request that brought it; else the open ones.
    """
    sha = call.names["sha"]
    found = [
        call.shapes.pull(base, pull)
        for base in call.github.repositories.values()
        for pull in base.pulls.values()
        if (pull.head is call.repository and pull.head_sha == sha and pull.state == "open")
        or (base is call.repository and pull.merge_sha == sha)
    ]
    if not found and not call.repository.has_commit(sha):
        raise Refused(422, f"No commit found for SHA: {sha}")
    return call.page(list(found))


def get_issue(call: Call) -> Answer:
    return Answer(call.shapes.issue(call.repository, call.pull()))


def list_comments(call: Call) -> Answer:
    comments = call.repository.comments_on(call.pull().number)
    return call.page([call.shapes.comment(call.repository, comment) for comment in comments])


def create_comment(call: Call) -> Answer:
    body = call.text("body", max_chars=MAX_COMMENT_CHARS, resource="IssueComment")
    comment = Comment(call.github.next_id(), call.pull().number, call.user, body)
    call.repository.comments[comment.id] = comment
    return Answer(call.shapes.comment(call.repository, comment), 201)


def get_comment(call: Call) -> Answer:
    return Answer(call.shapes.comment(call.repository, call.one(call.repository.comments, "id")))


def update_comment(call: Call) -> Answer:
    comment = call.one(call.repository.comments, "id")
    comment.body = call.text("body", max_chars=MAX_COMMENT_CHARS, resource="IssueComment")
    comment.updated_at = now()
    return Answer(call.shapes.comment(call.repository, comment))


def delete_comment(call: Call) -> Answer:
    del call.repository.comments[call.one(call.repository.comments, "id").id]
    return Answer(b"", 204)


def list_labels(call: Call) -> Answer:
    return call.page(_labels(call, call.pull()))


def add_labels(call: Call) -> Answer:
    """A label that the repository does not have yet is made."""
    pull, names = call.pull(), call.body.get("labels")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refused(422, 'Invalid request.\n\n"labels" is not an array of strings.')
    for name in dict.fromkeys(names):
        call.github.put_label(call.repository, pull, name, by=call.user)
    return Answer(_labels(call, pull))


def remove_label(call: Call) -> Answer:
    pull, name = call.pull(), call.names["name"]
    if name not in pull.labels:
        raise Refused(404, "Label does not exist")
    call.github.take_label(call.repository, pull, name, by=call.user)
    return Answer(_labels(call, pull))


def list_events(call: Call) -> Answer:
    """What happened to a pull request, the oldest first; of all kinds there are here only labels."""
    number = call.pull().number
    shown = [
        {
            "id": each.id,
            "event": each.event,
            "actor": each.actor and call.shapes.user(each.actor),
            "label": {"name": each.label, "color": "ededed"},
            "created_at": each.created_at,
        }
        for each in call.repository.label_events
        if each.number == number
    ]
    return call.page([{"id": 1, "event": "head_ref_force_pushed", "actor": None}, *shown])


def _labels(call: Call, pull: Pull) -> list[object]:
    return [call.shapes.label(name) for name in pull.labels]


_REPO = "/repos/{owner}/{repo}"
_ISSUE, _COMMENT = f"{_REPO}/issues/{{number}}", f"{_REPO}/issues/comments/{{id}}"
# A pull request is an issue too: either permission opens what both have.
_READ, _WRITE = "issues|pull_requests:read", "issues|pull_requests:write"
ROUTES = [
    Route("GET", f"{_REPO}/pulls", "pull_requests:read", list_pulls),
    Route("GET", f"{_REPO}/pulls/{{number}}", "pull_requests:read", get_pull),
    Route("GET", f"{_REPO}/pulls/{{number}}/files", "pull_requests:read", list_files),
    Route("GET", f"{_REPO}/commits/{{sha}}/pulls", "pull_requests|contents:read", pulls_of_commit),
    Route("GET", _COMMENT, _READ, get_comment),
    Route("PATCH", _COMMENT, _WRITE, update_comment),
    Route("DELETE", _COMMENT, _WRITE, delete_comment),
    Route("GET", _ISSUE, _READ, get_issue),
    Route("GET", f"{_ISSUE}/comments", _READ, list_comments),
    Route("POST", f"{_ISSUE}/comments", _WRITE, create_comment),
    Route("GET", f"{_ISSUE}/labels", _READ, list_labels),
    Route("POST", f"{_ISSUE}/labels", _WRITE, add_labels),
    Route("DELETE", f"{_ISSUE}/labels/{{name}}", _WRITE, remove_label),
    Route("GET", f"{_ISSUE}/events", _READ, list_events),
]
