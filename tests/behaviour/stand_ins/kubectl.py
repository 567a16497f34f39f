"""A stand-in for `kubectl`: notes its calls and keeps deployments with their history in a file. Python alone, quick.

State: {"namespaces": {NAME: {DEPLOYMENT: {"template", "replicas", "revision", "history"}}}, "ports": {"NAMESPACE/SERVICE":
port}, and "fail", "fail_late", "hang" as for `gcloud`}.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

FOLDER = Path(os.environ["STAND_INS"])
OPTIONS = dict(word.split("=", 1) for word in sys.argv[1:] if word.startswith("--") and "=" in word)
WORDS = [word for word in sys.argv[1:] if not word.startswith("--")]
LINE = " ".join(sys.argv[1:])


def end(message, code):
    sys.stderr.write(f"error: {message}\n")
    sys.exit(code)


def apply(deployments, folder):
    path = Path(folder, "kustomization.yaml")
    content = json.loads(path.read_text(encoding="utf-8"))
    for each in content["resources"]:
        if not (path.parent / each / "kustomization.yaml").is_file():
            end(f"no such folder: {each}", 1)
    template = {"serves": "yes", "image": content["images"][0]["digest"]}
    for patch in content["patches"]:
        for change in json.loads(patch["patch"]):
            template[change["path"].rsplit("/", 1)[1]] = change.get("value")
    name = "winnow" + content.get("nameSuffix", "")
    old = deployments.get(name, {"template": None, "replicas": 3, "revision": 0, "history": {}})
    if template != old["template"]:
        old["revision"] += 1
        old["template"] = old["history"][str(old["revision"])] = template
    if "replicas" in content:
        old["replicas"] = content["replicas"][0]["count"]
    deployments[name] = old


def undo(deployment, number):
    history = deployment["history"]
    number = number or max((each for each in history if int(each) < deployment["revision"]), key=int)
    if number not in history:
        end(f"unable to find specified revision {number}", 1)
    deployment["template"] = history.pop(number)
    deployment["revision"] += 1
    history[str(deployment["revision"])] = deployment["template"]


def shown(name, each):
    labels = {"app": "winnow", "serves": each["template"]["serves"]}
    template = {"metadata": {"labels": labels, "annotations": each["template"].get("annotations") or {}}}
    marks = {"deployment.kubernetes.io/revision": str(each["revision"])}
    return {"metadata": {"name": name, "annotations": marks}, "spec": {"replicas": each["replicas"], "template": template}}


def act(state):
    namespace = OPTIONS["--namespace"]
    deployments = state["namespaces"].setdefault(namespace, {})
    if WORDS[:2] == ["get", "deployments"]:
        print(json.dumps({"items": [shown(*each) for each in deployments.items()]}))
    elif WORDS[0] == "apply":
        apply(deployments, OPTIONS["--kustomize"])
    elif WORDS[:2] == ["rollout", "status"]:
        if WORDS[2].partition("/")[2] not in deployments:
            end("not found", 1)
    elif WORDS[:2] == ["rollout", "undo"]:
        undo(deployments[WORDS[2].partition("/")[2]], OPTIONS.get("--to-revision"))
    elif WORDS[0] == "delete":
        name = WORDS[1].partition("/")[2]
        if not name and OPTIONS["--selector"] != "app=winnow,track=candidate":
            end("that would delete what serves", 1)
        deployments.pop(name or "winnow-candidate", None)
    elif WORDS[0] == "port-forward":
        port = state["ports"][f"{namespace}/{WORDS[1].partition('/')[2]}"]
        print(f"Forwarding from 127.0.0.1:{port} -> 8000", flush=True)
        signal.pause()
    else:
        end(f"unknown: {LINE}", 2)


def main():
    path = FOLDER / "state.json"
    state = json.loads(path.read_text(encoding="utf-8"))
    with (FOLDER / "calls").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(["kubectl", *sys.argv[1:]]) + "\n")
    if any(word in LINE for word in state.get("fail", [])):
        end("the cluster says no", 4)
    act(state)
    draft = FOLDER / f"state.{os.getpid()}"
    draft.write_text(json.dumps(state), encoding="utf-8")
    draft.replace(path)
    if any(word in LINE for word in state.get("fail_late", [])):
        end("the connection broke after the deed", 4)
    if any(word in LINE for word in state.get("hang", [])):
        (FOLDER / "hanging").write_text(str(os.getpid()))
        time.sleep(20)


if __name__ == "__main__":
    main()
