"""Stand-ins for `gcloud` and `kubectl`, by the name under which this file is started: they note their calls in the file
`calls`, and keep in `state.json` what serves. Python's own modules alone, and few of them: a test starts it often.

gcloud: {"base": address, "services": {NAME: {"traffic": […]}}, "revisions": {NAME: {"service", "model", "ready"}},
"unready": [words], "log": […]}. kubectl: {"namespaces": {NAME: {DEPLOYMENT: {"template", "replicas", "revision",
"history"}}}, "ports": {"NAMESPACE/SERVICE": port}}. Both have lists of words that are in a call: one of "fail" fails
before it does anything, of "fail_late" afterwards, of "hang" does it and does not end.
"""

import json
import os
import re
import signal
import sys
import time

FOLDER = os.environ.get("STAND_INS", "")
LINE = " ".join(sys.argv[1:])
OPTIONS = dict(word.split("=", 1) for word in sys.argv[1:] if word.startswith("--") and "=" in word)
WORDS = [word for word in sys.argv[1:] if not word.startswith("--")]


def end(message: str, code: int) -> None:
    sys.stderr.write(f"ERROR: {message}\n")
    sys.exit(code)


def read(path: str) -> str:
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def write(name: str, text: str) -> None:
    with open(f"{FOLDER}/{name}.part", "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(f"{FOLDER}/{name}.part", f"{FOLDER}/{name}")


def replace_service(state: dict, text: str) -> str:
    service, revision = re.findall(r'^ +name: "(winnow-[^"]+)"$', text, re.MULTILINE)
    if revision in state["revisions"]:
        end(f"Revision named '{revision}' already exists", 1)
    model = re.search(r'WINNOW_MODEL\n +value: "([^"]+)"', text)[1]
    ready = not any(word in LINE for word in state.get("unready", []))
    state["revisions"][revision] = {"service": service, "model": model, "ready": ready}
    if not ready:
        return "Revision is not ready and cannot serve traffic"
    set_traffic(state, service, json.loads(re.search(r"^  traffic: (.*)$", text, re.MULTILINE)[1]))
    return ""


def set_traffic(state: dict, service: str, traffic: list) -> None:
    if sum(each["percent"] for each in traffic) != 100:
        end("Traffic must add up to 100", 1)
    for each in traffic:
        if state["revisions"].get(each["revisionName"], {}).get("service") != service:
            end(f"Revision {each['revisionName']} not found", 1)
    state["services"][service] = {"traffic": traffic}


def update_traffic(state: dict, service: str) -> None:
    tags = {each["tag"]: each["revisionName"] for each in state["services"][service]["traffic"] if "tag" in each}
    pairs = {name: [each.split("=") for each in text.split(",")] for name, text in OPTIONS.items() if "=" in text}
    tags.update(pairs.get("--update-tags", []))
    traffic = [{"revisionName": name, "percent": int(percent)} for name, percent in pairs["--to-revisions"]]
    traffic += [{"revisionName": name, "percent": 0, "tag": tag} for tag, name in tags.items()]
    set_traffic(state, service, traffic)


def listed(state: dict) -> list:
    name = OPTIONS["--filter"].partition("metadata.name=")[2]
    if WORDS[1] == "revisions":
        found = state["revisions"].get(name)
        ready = {"type": "Ready", "status": "True" if found and found["ready"] else "False"}
        return [{"metadata": {"name": name}, "status": {"conditions": [ready]}}] if found else []
    if name not in state["services"]:
        return []
    base = state["base"]
    traffic = [dict(each) for each in state["services"][name]["traffic"]]
    for each in traffic:
        if "tag" in each:
            each["url"] = f"{base}/r/{each['revisionName']}"
    return [{"metadata": {"name": name}, "status": {"url": f"{base}/s/{name}", "traffic": traffic}}]


def gcloud(state: dict) -> str:
    if WORDS[0] == "logging":
        print(json.dumps(state.get("log", [])))
    elif WORDS[0] == "auth":
        print("identity-token")
    elif WORDS[:3] == ["run", "services", "replace"]:
        return replace_service(state, read(WORDS[3]))
    elif WORDS[:3] == ["run", "services", "update-traffic"]:
        update_traffic(state, WORDS[3])
    elif WORDS[:3] == ["run", "services", "delete"]:
        del state["services"][WORDS[3]]
    elif WORDS[2] == "list":
        print(json.dumps(listed(state)))
    else:
        end(f"unknown: {LINE}", 2)
    return ""


def apply(deployments: dict, folder: str) -> None:
    content = json.loads(read(f"{folder}/kustomization.yaml"))
    for each in content["resources"]:
        read(f"{folder}/{each}/kustomization.yaml")
    template = {"image": content["images"][0]["digest"], "serves": "yes"}
    for patch in (each for each in content["patches"] if each["target"]["kind"] == "Deployment"):
        for change in json.loads(patch["patch"]):
            template[change["path"].rsplit("/", 1)[1]] = change["value"]
    name = "winnow" + content.get("nameSuffix", "")
    found = deployments.setdefault(name, {"template": None, "replicas": 3, "revision": 0, "history": {}})
    if template != found["template"]:
        found["revision"] += 1
        found["template"] = found["history"][str(found["revision"])] = template
    if "replicas" in content:
        found["replicas"] = content["replicas"][0]["count"]


def undo(deployment: dict, number: str) -> None:
    history = deployment["history"]
    number = number or max((each for each in history if int(each) < deployment["revision"]), key=int)
    if number not in history:
        end(f"unable to find specified revision {number}", 1)
    deployment["template"] = history.pop(number)
    deployment["revision"] += 1
    history[str(deployment["revision"])] = deployment["template"]


def shown(name: str, found: dict) -> dict:
    labels = {"app": "winnow", "serves": found["template"]["serves"]}
    template = {"metadata": {"labels": labels, "annotations": found["template"].get("annotations") or {}}}
    marks = {"deployment.kubernetes.io/revision": str(found["revision"])}
    return {
        "metadata": {"name": name, "annotations": marks},
        "spec": {"replicas": found["replicas"], "template": template},
    }


def kubectl(state: dict) -> str:
    namespace = OPTIONS["--namespace"]
    deployments = state["namespaces"].setdefault(namespace, {})
    name = WORDS[-1].partition("/")[2]
    if WORDS[:2] == ["get", "deployments"]:
        print(json.dumps({"items": [shown(*each) for each in deployments.items()]}))
    elif WORDS[0] == "apply":
        apply(deployments, OPTIONS["--kustomize"])
    elif WORDS[:2] == ["rollout", "status"]:
        return "" if name in deployments else "not found"
    elif WORDS[:2] == ["rollout", "undo"]:
        undo(deployments[name], OPTIONS.get("--to-revision", ""))
    elif WORDS[0] == "delete":
        if not name and OPTIONS["--selector"] != "app=winnow,track=candidate":
            end("that would delete what serves", 1)
        deployments.pop(name or "winnow-candidate", None)
    elif WORDS[0] == "port-forward":
        port = state["ports"][f"{namespace}/{WORDS[1].partition('/')[2]}"]
        print(f"Forwarding from 127.0.0.1:{port} -> 8000", flush=True)
        signal.pause()
    else:
        end(f"unknown: {LINE}", 2)
    return ""


def main() -> None:
    program = os.path.basename(sys.argv[0])
    state = json.loads(read(f"{FOLDER}/state.json"))
    with open(f"{FOLDER}/calls", "a", encoding="utf-8") as stream:
        stream.write(json.dumps([program, *sys.argv[1:]]) + "\n")
    if any(word in LINE for word in state.get("fail", [])):
        end("the cloud says no", 4)
    problem = {"gcloud": gcloud, "kubectl": kubectl}[program](state)
    write("state.json", json.dumps(state))
    if problem or any(word in LINE for word in state.get("fail_late", [])):
        end(problem or "the connection broke after the deed", 4)
    if any(word in LINE for word in state.get("hang", [])):
        write("hanging", str(os.getpid()))
        time.sleep(20)


if __name__ == "__main__":
    main()
