"""Routes of the loopback GitHub: who is there, what they may, and what Git holds."""

import base64
import subprocess
import time

from github_routes import Answer, Call, Refused, Route

LIMIT = 5000


def get_user(call: Call) -> Answer:
    user = call.github.users.get(call.names["login"])
    if user is None:
        raise Refused(404, "Not Found")
    return Answer(call.shapes.user(user))


def who_am_i(call: Call) -> Answer:
    if call.token is None:
        raise Refused(401, "Requires authentication")
    if call.token.is_app:
        raise Refused(403, "Resource not accessible by integration")
    return Answer(call.shapes.user(call.user))


def rate_limit(call: Call) -> Answer:
    core = {"limit": LIMIT, "used": 0, "remaining": LIMIT, "reset": int(time.time()) + 3600}
    return Answer({"resources": {"core": core}, "rate": core})


def get_repository(call: Call) -> Answer:
    return Answer(call.shapes.repository(call.repository))


def permission(call: Call) -> Answer:
    """What a person may do here; on a public repository everybody reads."""
    user = call.github.users.get(call.names["login"])
    if user is None:
        raise Refused(404, f"{call.names['login']} is not a user")
    role = call.repository.roles.get(user.login, "none" if call.repository.is_private else "read")
    coarse = {"maintain": "write", "triage": "read"}.get(role, role)
    return Answer({"permission": coarse, "role_name": role, "user": call.shapes.user(user)})


def get_commit(call: Call) -> Answer:
    sha = call.repository.find(call.names["sha"])
    if not sha:
        raise Refused(422, f"No commit found for SHA: {call.names['sha']}")
    parents, author, when, message = _git(call, "log", "-1", "--format=%P%x00%an%x00%cI%x00%B", sha).split("\0")
    person = {"name": author, "date": when}
    commit = {"message": message.strip(), "author": person, "committer": person}
    return Answer({"sha": sha, "commit": commit, "parents": [{"sha": parent} for parent in parents.split()]})


def get_branch(call: Call) -> Answer:
    sha = call.repository.find(f"refs/heads/{call.names['rest']}")
    if not sha:
        raise Refused(404, "Branch not found")
    return Answer({"name": call.names["rest"], "commit": {"sha": sha}, "protected": False})


def get_ref(call: Call) -> Answer:
    name = f"refs/{call.names['rest']}"
    sha = call.repository.find(name)
    if not sha:
        raise Refused(404, "Not Found")
    return Answer({"ref": name, "object": {"type": "commit", "sha": sha}})


def get_contents(call: Call) -> Answer:
    """A file of a revision, as GitHub gives those of at most 1 MB."""
    path, ref = call.names["rest"], call.query.get("ref", call.repository.default_branch)
    sha = call.repository.find(ref)
    try:
        content = _git(call, "show", f"{sha}:{path}").encode("utf-8", "surrogateescape")
    except subprocess.CalledProcessError:
        raise Refused(404, "Not Found") from None
    about = {"type": "file", "name": path.rpartition("/")[2], "path": path, "size": len(content)}
    blob = _git(call, "rev-parse", f"{sha}:{path}").strip()
    return Answer({**about, "sha": blob, "encoding": "base64", "content": base64.encodebytes(content).decode()})


def _git(call: Call, *arguments: str) -> str:
    command = ["git", "--git-dir", str(call.repository.git), *arguments]
    done = subprocess.run(command, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape")


_REPO = "/repos/{owner}/{repo}"
ROUTES = [
    Route("GET", "/user", "", who_am_i),
    Route("GET", "/users/{login}", "", get_user),
    Route("GET", "/rate_limit", "", rate_limit),
    Route("GET", _REPO, "metadata:read", get_repository),
    Route("GET", f"{_REPO}/collaborators/{{login}}/permission", "metadata:read", permission),
    Route("GET", f"{_REPO}/commits/{{sha}}", "contents:read", get_commit),
    Route("GET", f"{_REPO}/branches/{{rest}}", "contents:read", get_branch),
    Route("GET", f"{_REPO}/git/ref/{{rest}}", "contents:read", get_ref),
    Route("GET", f"{_REPO}/contents/{{rest}}", "contents:read", get_contents),
]
