"""Routes of the loopback GitHub: blobs, trees, commits and refs, in the bare repository; and the rules of a branch."""

import base64
import binascii
import os
import re
import subprocess
import tempfile

from github_routes import Answer, Call, Refused, Route, invalid

MAX_BLOB_BYTES = 40_000_000
_MODES = {"100644": "blob", "100755": "blob", "040000": "tree", "160000": "commit", "120000": "blob"}
_SHA = re.compile(r"[0-9a-f]{40}")


def get_commit(call: Call) -> Answer:
    return Answer(_commit(call, _known(call, call.names["sha"], "commit")))


def get_tree(call: Call) -> Answer:
    sha = call.names["sha"]
    more = ["-r", "-t"] if "recursive" in call.query else []
    listed = _git(call, "ls-tree", "-z", *more, _known(call, sha, "tree")).decode()
    lines = [line.partition("\t") for line in listed.split("\0") if line]
    entries = [
        dict(zip(("mode", "type", "sha"), about.split(), strict=True)) | {"path": path} for about, _, path in lines
    ]
    return Answer({"sha": sha, "tree": entries, "truncated": False})


def create_blob(call: Call) -> Answer:
    content, encoding = call.body.get("content"), call.body.get("encoding", "utf-8")
    if not isinstance(content, str):
        raise Refused(422, 'Invalid request.\n\n"content" wasn\'t supplied.')
    try:
        data = base64.b64decode(content, validate=True) if encoding == "base64" else content.encode()
    except binascii.Error:
        raise Refused(422, "content is not valid Base64") from None
    if len(data) > MAX_BLOB_BYTES:
        raise Refused(422, "Sorry, your input was too large to process.")
    return Answer({"sha": _git(call, "hash-object", "-w", "--stdin", stdin=data).decode().strip()}, 201)


def create_tree(call: Call) -> Answer:
    """Put entries into a copy of `base_tree`; one without a hash is taken away."""
    entries = call.body.get("tree")
    if not isinstance(entries, list) or not entries:
        raise Refused(422, "Invalid tree info")
    base = call.body.get("base_tree")
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}
        if base is not None:
            _git(call, "read-tree", _known(call, str(base), "tree"), variables=index)
        for entry in entries:
            _git(call, "update-index", "--index-info", stdin=_index_line(call, entry), variables=index)
        sha = _git(call, "write-tree", variables=index).decode().strip()
    return Answer({"sha": sha, "tree": [], "truncated": False}, 201)


def _index_line(call: Call, entry: object) -> bytes:
    if not isinstance(entry, dict) or entry.get("mode") not in _MODES or entry.get("type") != _MODES[entry["mode"]]:
        raise Refused(422, "tree.mode Must supply a valid tree.mode")
    path, sha = str(entry.get("path", "")), entry.get("sha")
    if any(part in {"", ".", "..", ".git"} for part in path.split("/")):
        raise Refused(422, "tree.path contains a malformed path component")
    if sha is None and "content" not in entry:
        return f"0 {'0' * 40}\t{path}\n".encode()
    if not isinstance(sha, str) or not _SHA.fullmatch(sha) or _kind(call, sha) != entry["type"]:
        raise Refused(422, f"tree.sha {sha} is not a valid {entry['type']}")
    return f"{entry['mode']} {sha}\t{path}\n".encode()


def create_commit(call: Call) -> Answer:
    """Make a commit that no branch knows yet; without an author whoever calls made it."""
    message, parents = call.body.get("message"), call.body.get("parents") or []
    if not isinstance(message, str) or not isinstance(parents, list):
        raise Refused(422, 'Invalid request.\n\n"message" wasn\'t supplied.')
    tree = _known(call, str(call.body.get("tree")), "tree")
    options = [word for parent in parents for word in ("-p", _known(call, str(parent), "commit"))]
    sha = _git(call, "commit-tree", tree, *options, stdin=message.encode(), variables=_identities(call))
    return Answer(_commit(call, sha.decode().strip()), 201)


def _identities(call: Call) -> dict[str, str]:
    own = {"name": call.user.login, "email": f"{call.user.id}+{call.user.login}@users.noreply.github.com"}
    author = call.body.get("author") or own
    if not isinstance(author, dict) or not (author.get("name") and author.get("email")):
        raise invalid("Commit", "author", "author takes a name and an email")
    people = (("AUTHOR", author), ("COMMITTER", call.body.get("committer") or author))
    variables = {}
    for role, person in people:
        assert isinstance(person, dict)
        variables |= {f"GIT_{role}_NAME": person["name"], f"GIT_{role}_EMAIL": person["email"]}
        variables |= {f"GIT_{role}_DATE": person["date"]} if "date" in person else {}
    return variables


def update_ref(call: Call) -> Answer:
    """Move a branch. Without `force` only forwards, and only from where it is at this moment."""
    name, sha = f"refs/{call.names['rest']}", _known(call, str(call.body.get("sha")), "commit")
    old = call.repository.find(name)
    if not old:
        raise Refused(422, "Reference does not exist")
    is_forward = not _run(call, "merge-base", "--is-ancestor", old, sha).returncode
    if not (is_forward or call.body.get("force")):
        raise Refused(422, "Update is not a fast forward")
    _git(call, "update-ref", name, sha, old)
    return Answer({"ref": name, "object": {"type": "commit", "sha": sha}})


def rules_of_branch(call: Call) -> Answer:
    """The active rules of all rulesets, those of other kinds too."""
    checks = call.repository.required_checks.get(call.names["rest"])
    required = [
        {"context": name, **({} if app is None else {"integration_id": app})} for name, app in (checks or {}).items()
    ]
    parameters = {"required_status_checks": required, "strict_required_status_checks_policy": True}
    rule = {"type": "required_status_checks", "ruleset_id": 1, "parameters": parameters}
    return call.page([{"type": "deletion", "ruleset_id": 1}, rule] if checks else [])


def _commit(call: Call, sha: str) -> dict[str, object]:
    tree, parents, name, email, message = (
        _git(call, "log", "-1", "--format=%T%x00%P%x00%an%x00%ae%x00%B", sha).decode().split("\0")
    )
    about = {"sha": sha, "message": message.rstrip("\n"), "author": {"name": name, "email": email}}
    return {**about, "tree": {"sha": tree}, "parents": [{"sha": parent} for parent in parents.split()]}


def _known(call: Call, sha: str, kind: str) -> str:
    """Return the object; a commit stands for its tree, as everywhere in Git."""
    found = _kind(call, sha) if _SHA.fullmatch(sha) else ""
    if found != kind and (found, kind) != ("commit", "tree"):
        raise Refused(404 if call.path.endswith(sha) else 422, f"{kind.capitalize()} {sha} does not exist")
    return sha


def _kind(call: Call, sha: str) -> str:
    return _run(call, "cat-file", "-t", sha).stdout.decode().strip()


def _git(call: Call, *arguments: str, stdin: bytes = b"", variables: dict[str, str] | None = None) -> bytes:
    done = _run(call, *arguments, stdin=stdin, variables=variables)
    if done.returncode:
        raise Refused(422, done.stderr.decode(errors="replace").strip())
    return done.stdout


def _run(
    call: Call, *arguments: str, stdin: bytes = b"", variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "--git-dir", str(call.repository.git), *arguments]
    return subprocess.run(
        command, input=stdin, env={**os.environ, **(variables or {})}, capture_output=True, check=False
    )


_REPO = "/repos/{owner}/{repo}"
ROUTES = [
    Route("GET", f"{_REPO}/git/commits/{{sha}}", "contents:read", get_commit),
    Route("GET", f"{_REPO}/git/trees/{{sha}}", "contents:read", get_tree),
    Route("POST", f"{_REPO}/git/blobs", "contents:write", create_blob),
    Route("POST", f"{_REPO}/git/trees", "contents:write", create_tree),
    Route("POST", f"{_REPO}/git/commits", "contents:write", create_commit),
    Route("PATCH", f"{_REPO}/git/refs/{{rest}}", "contents:write", update_ref),
    Route("GET", f"{_REPO}/rules/branches/{{rest}}", "metadata:read", rules_of_branch),
]
