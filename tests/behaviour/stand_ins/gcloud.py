"""A stand-in for `gcloud`: notes its calls and keeps services, revisions and traffic in a file. Python alone, quick.

State: {"services": {NAME: {"traffic": [...]}}, "revisions": {NAME: {"service", "model", "ready"}}, "fail", "fail_late",
"hang": words in a call that fails before it does anything, fails afterwards, or does it and does not end}.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

FOLDER = Path(os.environ["STAND_INS"])
ARGUMENTS = sys.argv[1:]
LINE = " ".join(ARGUMENTS)


def end(message, code):
    sys.stderr.write(f"ERROR: (gcloud) {message}\n")
    sys.exit(code)


def option(name, default=""):
    return next((word.partition("=")[2] for word in ARGUMENTS if word.startswith(f"{name}=")), default)


def pairs(text):
    return [tuple(each.split("=")) for each in text.split(",")] if text else []


def replace(state, path):
    text = Path(path).read_text(encoding="utf-8")
    service, revision = re.findall(r'^ +name: "(winnow-[^"]+)"$', text, re.MULTILINE)
    entry = r"- revisionName: (\S+)\n +percent: (\d+)\n +tag: (\S+)"
    traffic = [
        {"revisionName": name, "percent": int(percent), "tag": tag} for name, percent, tag in re.findall(entry, text)
    ]
    if revision in state["revisions"]:
        end(f"Revision named '{revision}' already exists", 1)
    model = re.search(r'WINNOW_MODEL\n +value: "([^"]+)"', text)[1]
    ready = not any(word in LINE for word in state.get("unready", []))
    state["revisions"][revision] = {"service": service, "model": model, "ready": ready, "file": text}
    if not ready:
        return "Revision is not ready and cannot serve traffic"
    set_traffic(state, service, traffic)
    return ""


def set_traffic(state, service, traffic):
    if sum(each["percent"] for each in traffic) != 100:
        end("Traffic must add up to 100", 1)
    for each in traffic:
        if state["revisions"].get(each["revisionName"], {}).get("service") != service:
            end(f"Revision {each['revisionName']} not found", 1)
    state["services"][service] = {"traffic": traffic}


def update_traffic(state, service):
    old = state["services"][service]["traffic"]
    tags = {each["tag"]: each["revisionName"] for each in old if "tag" in each}
    tags.update(pairs(option("--update-tags")))
    traffic = [{"revisionName": name, "percent": int(percent)} for name, percent in pairs(option("--to-revisions"))]
    traffic += [{"revisionName": name, "percent": 0, "tag": tag} for tag, name in tags.items()]
    set_traffic(state, service, traffic)


def listed(state):
    name = option("--filter").partition("metadata.name=")[2]
    if ARGUMENTS[1] == "revisions":
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


def act(state):
    if ARGUMENTS[0] == "logging":
        print(json.dumps(state.get("log", [])))
    elif ARGUMENTS[0] == "auth":
        print("identity-token")
    elif ARGUMENTS[:3] == ["run", "services", "replace"]:
        return replace(state, ARGUMENTS[3])
    elif ARGUMENTS[:3] == ["run", "services", "update-traffic"]:
        update_traffic(state, ARGUMENTS[3])
    elif ARGUMENTS[:3] == ["run", "services", "delete"]:
        del state["services"][ARGUMENTS[3]]
    elif ARGUMENTS[2] == "list":
        print(json.dumps(listed(state)))
    else:
        end(f"unknown: {LINE}", 2)
    return ""


def main():
    path = FOLDER / "state.json"
    state = json.loads(path.read_text(encoding="utf-8"))
    with (FOLDER / "calls").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(["gcloud", *ARGUMENTS]) + "\n")
    if any(word in LINE for word in state.get("fail", [])):
        end("the cloud says no", 4)
    problem = act(state)
    draft = FOLDER / f"state.{os.getpid()}"
    draft.write_text(json.dumps(state), encoding="utf-8")
    draft.replace(path)
    if problem or any(word in LINE for word in state.get("fail_late", [])):
        end(problem or "the connection broke after the deed", 4)
    if any(word in LINE for word in state.get("hang", [])):
        (FOLDER / "hanging").write_text(str(os.getpid()))
        time.sleep(20)


if __name__ == "__main__":
    main()
