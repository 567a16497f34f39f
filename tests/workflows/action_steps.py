"""What the stand-in actions do, as a program of their composite steps: `action_steps.py ACTION SETTINGS`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from action_environment import bring_environment
from action_files import append, cache_restore, cache_save, download, fail, say, tell, upload


def main(action: str, settings: dict[str, object]) -> None:
    folder = Path(str(settings["folder"]))
    inputs = {name[3:].lower(): value for name, value in os.environ.items() if name.startswith("IN_")}
    with (folder / "uses.jsonl").open("a", encoding="utf-8") as stream:
        # The token is none of a log's business.
        shown = {name: value for name, value in inputs.items() if "token" not in name}
        stream.write(json.dumps({"action": action, "inputs": shown}) + "\n")
    if settings["broken"]:
        fail(f"{action} cannot be had today")
    os.chdir(os.environ["GITHUB_WORKSPACE"])
    if action == "iterative/setup-cml":
        setup_cml(inputs, str(settings["programs"]))
    else:
        _WORK[action](inputs, folder)


def checkout(inputs: dict[str, str], _: Path) -> None:
    """Fetch the one commit that was asked for, as deep as was asked for; nothing is left of an earlier one."""
    place = Path(inputs["path"] or ".").resolve()
    place.mkdir(parents=True, exist_ok=True)
    ref = inputs["ref"] or os.environ["GITHUB_SHA"]
    url = f"{os.environ['GITHUB_SERVER_URL']}/{inputs['repository']}"

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(place), *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            fail(f"git {arguments[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    git("init", "-q", "-b", "empty")
    git("remote", "add", "origin", url)
    depth = int(inputs["fetch_depth"])
    wanted = f"refs/heads/{ref}" if _is_branch(url, ref) else ref
    git("fetch", "-q", *([f"--depth={depth}"] if depth else []), "origin", wanted)
    found = git("rev-parse", "FETCH_HEAD^{commit}")
    if not depth:
        git("fetch", "-q", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*")
    if wanted.startswith("refs/heads/"):
        branch = wanted.removeprefix("refs/heads/")
        git("checkout", "-q", "-B", branch, found)
        git("update-ref", f"refs/remotes/origin/{branch}", found)
    else:
        git("checkout", "-q", "--detach", found)
    if inputs["persist_credentials"] != "false":
        git("config", f"http.{os.environ['GITHUB_SERVER_URL']}/.extraheader", f"AUTHORIZATION: basic {inputs['token']}")
    say("commit", found)
    say("ref", ref)


def _is_branch(url: str, ref: str) -> bool:
    command = ["git", "ls-remote", "--exit-code", url, f"refs/heads/{ref}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def setup_python(inputs: dict[str, str], _: Path) -> None:
    """There is one Python here: the one that runs the tests, with its packages."""
    tell(f"asked for Python {inputs['python_version']!r}, has {sys.version.split()[0]}")
    if Path("bootstrap.py").is_file():
        bring_environment(Path.cwd())
    say("python-version", sys.version.split()[0])
    say("python-path", sys.executable)


def setup_uv(_: dict[str, str], __: Path) -> None:
    program = shutil.which("uv")
    if not program:
        fail("uv is not installed here")
    say("uv-version", _version(str(program)))


def _version(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def setup_cml(inputs: dict[str, str], programs: str) -> None:
    if inputs["vega"] != "false":
        fail("`vega: false` is missing: it would install a package that nobody needs")
    append("GITHUB_PATH", programs)


def google_auth(inputs: dict[str, str], _: Path) -> None:
    """Write a file that holds no secret, where the real one writes it."""
    if not inputs["workload_identity_provider"]:
        fail(
            'the GitHub Action workflow must specify exactly one of "workload_identity_provider" or "credentials_json"'
        )
    path = Path(os.environ["GITHUB_WORKSPACE"], "gha-creds-0123456789abcdef.json")
    account = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{inputs['service_account']}"
    content = {"type": "external_account", "audience": inputs["workload_identity_provider"]}
    content |= {"service_account_impersonation_url": f"{account}:generateAccessToken"}
    path.write_text(json.dumps(content), encoding="utf-8")
    append("GITHUB_ENV", f"GOOGLE_APPLICATION_CREDENTIALS={path}")
    say("credentials_file_path", path)


_WORK = {
    "actions/checkout": checkout,
    "actions/setup-python": setup_python,
    "astral-sh/setup-uv": setup_uv,
    "actions/cache": cache_restore,
    "actions/cache/restore": cache_restore,
    "actions/cache/save": cache_save,
    "actions/upload-artifact": upload,
    "actions/download-artifact": download,
    "google-github-actions/auth": google_auth,
}

if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
