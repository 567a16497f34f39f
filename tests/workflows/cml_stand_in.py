"""A program `cml` for tests: it sends what CML 0.20.6 sends for `comment create|update` and `check create`, no more.

Runs where Node is missing. What the real one sent to the same server was recorded and is what the tests expect.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

WATERMARK = "https://cml.dev/watermark.png"
CONCLUSIONS = ("success", "failure", "neutral", "cancelled", "skipped", "timed_out")
MAX_RETRIES = 6


class Failed(Exception):  # noqa: N818 - the program ends with 1
    """What CML logs before it ends with 1."""


def install(folder: Path) -> Path:
    """Put a program `cml` into `folder`, which goes in front of PATH; return `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.name == "nt":
        (folder / "cml.cmd").write_text(f'@"{sys.executable}" "{__file__}" %*\n', encoding="utf-8")
    else:
        program = folder / "cml"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return folder


def main(arguments: list[str]) -> int:
    """Do what the command line says; log an error as CML does."""
    options = _parse(arguments)
    _trust_every_folder()
    try:
        client = _Client(options)
        client.introduce()
        options.run(client, options)
    except (Failed, OSError) as error:
        sys.stderr.write(json.dumps({"level": "error", "message": str(error)}) + "\n")
        return 1
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cml", allow_abbrev=False)
    for names in (["--repo"], ["--driver-token", "--token"], ["--driver"], ["--log"]):
        parser.add_argument(*names)
    nouns = parser.add_subparsers(required=True)
    verbs = nouns.add_parser("comment").add_subparsers(required=True)
    for verb, run in (("create", _comment_create), ("update", _comment_update)):
        command = verbs.add_parser(verb, parents=[_shared()], allow_abbrev=False)
        command.add_argument("--target", default="auto")
        # CML's own default is to publish every linked file on a public server: no test may come near that.
        command.add_argument("--publish", choices=["false"], required=True)
        command.add_argument("--watermark-title", default="")
        command.set_defaults(run=run)
    check = nouns.add_parser("check").add_subparsers(required=True).add_parser("create", parents=[_shared()])
    check.add_argument("--title", default="CML Report")
    check.add_argument("--commit-sha", "--head-sha", default="")
    check.add_argument("--conclusion", choices=CONCLUSIONS, default="success")
    check.add_argument("--status", choices=["queued", "in_progress", "completed"], default="completed")
    check.set_defaults(run=_check_create)
    return parser.parse_args(arguments)


def _shared() -> argparse.ArgumentParser:
    """The options that may stand after the verb too, and the file."""
    shared = argparse.ArgumentParser(add_help=False)
    for names in (["--repo"], ["--driver-token", "--token"], ["--driver"], ["--log"]):
        shared.add_argument(*names, default=argparse.SUPPRESS)
    shared.add_argument("markdownfile", type=Path)
    return shared


def _trust_every_folder() -> None:
    """CML adds these lines to the user's Git configuration, again at every call."""
    here = Path.cwd()
    for folder in ["*", "/", *map(str, [here, *here.parents][:-1])]:
        subprocess.run(["git", "config", "--global", "--add", "safe.directory", folder], check=False)


def _comment_create(client: "_Client", options: argparse.Namespace) -> None:
    _comment(client, options, is_update=False)


def _comment_update(client: "_Client", options: argparse.Namespace) -> None:
    _comment(client, options, is_update=True)


def _comment(client: "_Client", options: argparse.Namespace, *, is_update: bool) -> None:
    title = watermark_title(options.watermark_title)
    address = f"{WATERMARK}#{sha}" if (sha := _trigger_sha()) else WATERMARK
    # A file with any bytes is read: Node puts a sign in place of what is not UTF-8.
    report = options.markdownfile.read_bytes().decode("utf-8", "replace")
    body = {"body": f'{report}\n\n![]({address} "{title}")'}
    kind, _, number = options.target.partition("/")
    if kind not in {"pr", "issue"} or not number:
        raise Failed(f'the stand-in wants --target="pr/N", not "{options.target}"')
    comments = f"issues/{urllib.parse.quote(number, safe='')}/comments"
    known = client.send("GET", comments) if is_update else []
    pattern = re.compile(rf'!\[\]\({re.escape(WATERMARK)}#[0-9a-fA-F]+ "{re.escape(title)}"\)')
    mine = next((each for each in reversed(known) if pattern.search(each["body"])), None)
    made = client.send("PATCH", f"issues/comments/{mine['id']}", body) if mine else client.send("POST", comments, body)
    sys.stdout.write(f"{made['html_url']}\n")


def watermark_title(label: str) -> str:
    """Return the title of the invisible picture by which CML knows its comment."""
    for name, variable in (("{workflow}", "GITHUB_WORKFLOW"), ("{run}", "GITHUB_RUN_ID")):
        label = label.replace(name, os.environ.get(variable, "undefined"), 1)
    return re.sub(r"([_*\[<])", r"\\\1", f"CML watermark {label}".strip())


def _check_create(client: "_Client", options: argparse.Namespace) -> None:
    summary = options.markdownfile.read_bytes().decode("utf-8", "replace")
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    body = {
        "head_sha": options.commit_sha or _trigger_sha(),
        "started_at": moment,
        "completed_at": moment,
        "conclusion": options.conclusion,
        "status": options.status,
        "name": options.title,
        "output": {"title": options.title, "summary": summary},
    }
    client.send("POST", "check-runs", body)


def _trigger_sha() -> str:
    """The commit that the watermark names: under `workflow_run` that of the default branch, not the pull request's."""
    if os.environ.get("GITHUB_EVENT_NAME") == "pull_request":
        event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        return str(event["pull_request"]["head"]["sha"])
    return os.environ.get("GITHUB_SHA") or _output_of("git", "rev-parse", "HEAD")


def _output_of(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # Git repeats a revision that it does not know.
    return "" if done.returncode else done.stdout.strip()


class _Client:
    def __init__(self, options: argparse.Namespace) -> None:
        names = ("REPO_TOKEN", "repo_token", "GITHUB_TOKEN", "GITLAB_TOKEN", "BITBUCKET_TOKEN")
        self._token = options.driver_token or next(filter(None, map(os.environ.get, names)), "")
        repository = options.repo or _output_of("git", "config", "--get", "remote.origin.url")
        url = urllib.parse.urlsplit(repository.rstrip("/").removesuffix(".git"))
        host = url.netloc.rpartition("@")[2]
        self._api = "https://api.github.com" if host == "github.com" else f"https://{host}/api/v3"
        self._path = "/".join(url.path.strip("/").split("/")[:2])

    def introduce(self) -> None:
        """Ask who started the workflow, as CML's telemetry does even when it is switched off; whatever the answer."""
        if not (os.environ.get("GITHUB_SERVER_URL") and self._token):
            return
        with suppress(Failed):
            self._call("GET", f"{self._api}/users/{urllib.parse.quote(os.environ.get('GITHUB_ACTOR', ''), safe='')}")

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the repository's API; an answer that is not 2xx ends the program."""
        if not self._token:
            raise Failed("token not found")
        return self._call(method, f"{self._api}/repos/{self._path}/{path}", body)

    def _call(self, method: str, url: str, body: dict[str, Any] | None = None, *, retries: int = 0) -> Any:
        headers = {"Authorization": f"token {self._token}", "Accept": "application/vnd.github.v3+json"}
        headers |= {"User-Agent": "octokit-rest.js/18.0.0 octokit-core.js/3.6.0 (stand-in)"}
        headers |= {"Content-Type": "application/json; charset=utf-8"} if body else {}
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                message = json.load(error).get("message", "")
                wait_s = _patience_s(error, message)
            if wait_s is None or retries == MAX_RETRIES:
                raise Failed(message) from error
            time.sleep(wait_s)
            return self._call(method, url, body, retries=retries + 1)
        except OSError as error:
            raise Failed(f"request to {url} failed, reason: {error}") from error


def _patience_s(error: urllib.error.HTTPError, message: str) -> float | None:
    """Return how long CML waits before it asks again; None where it gives up, as it does at 429 and 5xx.

    The real one waits half a minute or two: here `CML_STAND_IN_PATIENCE` says which fraction of that.
    """
    if error.code != HTTPStatus.FORBIDDEN:
        return None
    patience = float(os.environ.get("CML_STAND_IN_PATIENCE", "0"))
    if "secondary rate limit" in message:
        return 120 * patience
    return 30 * patience if error.headers.get("X-RateLimit-Remaining") == "0" else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
