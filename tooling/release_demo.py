"""From a merged commit to a service that answers, and back: the whole chain on this machine, on the digits."""

import json
import os
import shutil
import signal
import urllib.request

from invoke import Exit

from tooling.deploying import run_module
from tooling.digits import AUTHOR, lay_out, write_params
from tooling.running import ROOT, must, run_here, say

DEMO = ROOT / ".winnow" / "release-demo"
WORK = DEMO / "work"
STATE = WORK / ".winnow" / "local"
HASTY_EPOCHS = 2
PORT = 8765
REFUSED = 1
# A desk's canary: as long as it takes to see it work.
WATCH = f"--watch-s=3 --pause-s=0.05 --port={PORT}"


def run_release_demo() -> None:
    """Register, promote, deploy and roll back in `DEMO`; nothing listens any more when it ends."""
    if shutil.which("git") is None:
        raise Exit("expected git: the registry is made of its tags\nhint: install Git, then run this again", code=3)
    start_over()
    try:
        tell_story()
    finally:
        end_services()


def tell_story() -> None:
    """Do what a team does in a week."""
    chapter("A pull request was merged: a model, trained for two epochs")
    merge("Train for two epochs", epochs=HASTY_EPOCHS)
    chapter("It becomes version 0.1.0, and goes through staging into production")
    release("v0.1.0")
    chapter("A better one was merged: all epochs. Production changes its model without losing a request")
    merge("Train to the end", epochs=None)
    release("v0.2.0")
    chapter("Somebody merged the old settings again. The registry says no")
    merge("Train for two epochs again", epochs=HASTY_EPOCHS)
    if show("winnow", "register", "--bump", "minor", code=REFUSED) != REFUSED:
        raise Exit("expected the worse model to be refused", code=1)
    chapter("Version 0.2.0 is taken out of production: what was there before serves again")
    show("winnow", "rollback", "--push")
    deploy("v0.1.0")
    show("winnow", "models")
    say(f"\nAll of it is in {WORK}: `git tag -n1`, `winnow models`, .winnow/deploy/steps.jsonl.")


def start_over() -> None:
    """Make an empty shared repository, an empty storage, and a clone."""
    end_services()
    shutil.rmtree(DEMO, ignore_errors=True)
    (DEMO / "storage").mkdir(parents=True)
    must("git", "init", "--quiet", "--bare", "--initial-branch=main", "origin.git", folder=DEMO)
    lay_out(WORK, with_git=True)
    # As a fork has it: what stages depend on is in Git, or nothing could be registered.
    for name in ("dvc.yaml", "card.yaml"):
        shutil.copy(ROOT / name, WORK)
    shutil.copytree(ROOT / "src" / "winnow", WORK / "src" / "winnow", ignore=shutil.ignore_patterns("__pycache__"))
    for key, value in (("user.name", "demo"), ("user.email", "demo@localhost"), ("tag.gpgSign", "false")):
        must("git", "config", key, value, folder=WORK)
    must("git", "remote", "add", "origin", "../origin.git", folder=WORK)
    must("dvc", "remote", "add", "--quiet", "--default", "storage", "../../storage", folder=WORK)


def merge(message: str, *, epochs: int | None) -> None:
    """Put a model onto the shared main branch, as a merged pull request leaves it."""
    write_params(WORK, epochs=epochs)
    if not (WORK / "data" / "labels.csv").exists():
        show("winnow", "add", "sklearn:digits")
    show("dvc", "repro", "--quiet")
    must("git", "add", "--all", folder=WORK)
    must("git", *AUTHOR, "commit", "--quiet", f"--message={message}", folder=WORK)
    show("dvc", "push", "--quiet")
    show("git", "push", "--quiet", "origin", "main")


def release(version: str) -> None:
    """Register HEAD's model, promote it stage by stage, and bring it into service."""
    show("winnow", "register", "--bump", "minor", "--push")
    show("winnow", "promote", version, "--to", "staging", "--push")
    show("winnow", "promote", version, "--to", "production", "--push")
    deploy(version)


def deploy(version: str) -> None:
    """Do what deploy.yaml does, on this machine: staging, smoke test, canary, production."""
    show("winnow", "pull-model", "classifier#production")
    model = f"classifier@{version}"
    folder = WORK / ".winnow" / "models" / f"classifier-{version}"
    say(f"\n$ inv deploy --target local --stage production --model {model} -- --folder {folder.relative_to(WORK)}")
    options = {"target": "local", "stage": "production", "model": model, "folder": folder}
    run_module("deploy.release", options, WATCH, folder=WORK)
    ask_for_a_seven()


def ask_for_a_seven() -> None:
    """Ask what serves in production about one picture, as a client would."""
    path = WORK / ".winnow" / "seven.png"
    if not path.exists():
        from PIL import Image
        from sklearn.datasets import load_digits

        Image.fromarray((load_digits().images[7] / 16 * 255).astype("uint8")).save(path)
    address = f"http://127.0.0.1:{PORT}"
    say(f"\n$ curl --data-binary @{path.relative_to(WORK)} --header 'Content-Type: image/png' {address}/v1/predict")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    question = urllib.request.Request(f"{address}/v1/predict", path.read_bytes(), {"Content-Type": "image/png"})  # noqa: S310  loopback
    with opener.open(question, timeout=20) as answer:
        content = json.load(answer)
    best, second, *_ = content["predictions"][0]["top"]
    shown = ", ".join(f"{each['label']} {each['probability']:.1%}" for each in (best, second))
    say(f"{content['model']}: {shown}")


def show(*command: str, code: int = 0) -> int:
    """Run a command in the clone as a reader would type it; end unless it ends with `code`."""
    say(f"\n$ {' '.join(command)}")
    if not code:
        must(*command, folder=WORK)
        return 0
    return run_here(*command, folder=WORK)


def chapter(title: str) -> None:
    """Say what happens next."""
    say(f"\n## {title}")


def end_services() -> None:
    """End what a run of this demo started, this one or one that was killed."""
    for path in sorted(STATE.glob("*.json")):
        known = json.loads(path.read_text(encoding="utf-8"))
        for who in ("candidate", "service"):
            process = (known.get(who) or {}).get("pid")
            if process:
                end(process)
        path.unlink()


def end(process: int) -> None:
    """End a service of this demo; its number may have become somebody else's, who is left alone."""
    import psutil

    try:
        found = psutil.Process(process)
        if str(DEMO) in " ".join(found.cmdline()):
            os.kill(process, signal.SIGTERM)
            found.wait(30)
    except psutil.NoSuchProcess:
        pass
