"""Kubernetes: the stage's manifests once as `winnow` and once as `winnow-candidate`, which is the canary."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from deploy.cloud.names import check
from deploy.release.asking import Service
from deploy.release.commands import Commands
from deploy.release.errors import CommandError
from deploy.release.order import ALL, Order, Serving, Stage

MANIFESTS = Path(__file__).parents[1] / "kubernetes"
RELEASE, PREVIOUS = "winnow/release", "winnow/previous"
"""Annotations of the pods' template: a rollback by Kubernetes brings them back with it."""

_APP, _CANDIDATE = "winnow", "winnow-candidate"
_NO_SELECTOR = [{"op": "remove", "path": "/spec/selector/serves"}]
_FORWARDING = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+) ->")
_ROLLOUT_S = 300


@dataclass(frozen=True)
class Cluster:
    """Which cluster, and where in it."""

    context: str
    namespace: str = "winnow"
    """Its namespaces are NAME-staging and NAME-production."""

    def __post_init__(self) -> None:
        check("context", self.context)
        check("namespace", f"{self.namespace}-production")


@dataclass(frozen=True)
class Deployment:
    """What is read of a deployment."""

    release: str
    previous: str
    revision: str
    replicas: int
    is_serving: bool

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> "Deployment":
        """Return it from the cluster's JSON. Raises KeyError and the like for what is no deployment."""
        template = content["spec"]["template"]["metadata"]
        annotations = template.get("annotations") or {}
        revision = (content["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision", "")
        # What somebody made by hand has no name, and can be gone back to all the same.
        release = annotations.get(RELEASE) or "unnamed"
        is_serving = template["labels"].get("serves") == "yes"
        return cls(
            release, annotations.get(PREVIOUS, ""), revision, int(content["spec"].get("replicas", 1)), is_serving
        )


class Kubernetes:
    """One stage as a namespace of a cluster."""

    def __init__(self, order: Order, cluster: Cluster, stage: Stage, commands: Commands) -> None:
        self._order, self._cluster, self._stage, self._commands = order, cluster, stage, commands
        self._namespace = f"{cluster.namespace}-{stage}"
        self._found: dict[str, Deployment] = {}
        self.release = order.identity(*(path.read_text("utf-8") for path in sorted(MANIFESTS.rglob("*.yaml"))))

    def require(self) -> None:
        """Raise MissingError where kubectl is not installed."""
        self._commands.require("kubectl")

    def look(self) -> Serving:
        """Return the shares by pods, as the service hands out connections; raises CommandError."""
        words = self._kubectl("get", "deployments", f"--selector=app={_APP}", "--output=json")
        content = self._commands.ask(f"{self._stage}: who serves", words)
        if self._commands.is_dry:
            self._found = {_APP: Deployment("PREVIOUS-RELEASE", "", "PREVIOUS-NUMBER", 3, is_serving=True)}
            return Serving({"PREVIOUS-RELEASE": ALL})
        try:
            self._found = {each["metadata"]["name"]: Deployment.read(each) for each in content["items"]}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CommandError(f"{self._namespace}: kubectl's answer cannot be read: {error!r}") from None
        stable = self._found.get(_APP)
        return Serving(shares_of(self._found), stable.previous if stable else "")

    def place(self, before: Serving) -> None:  # noqa: ARG002 - Cloud Run needs it
        """Start the candidate beside what serves; the stage's service passes it over."""
        self._apply_candidate("start the candidate without traffic", 1, is_serving=False)

    def share(self, before: Serving) -> None:  # noqa: ARG002 - Cloud Run needs it
        """Let the service hand connections to as many of the candidate's pods as come nearest to the share."""
        stable = self._found[_APP].replicas if _APP in self._found else 1
        replicas = canary_replicas(stable, self._order.canary_pct)
        real_pct = round(ALL * replicas / (stable + replicas))
        self._commands.journal.note("share", asked_pct=self._order.canary_pct, real_pct=real_pct, replicas=replicas)
        why = f"{replicas} of {stable + replicas} pods, {real_pct} % of the connections, for the candidate"
        self._apply_candidate(why, replicas, is_serving=True)

    def promote(self, before: Serving) -> None:
        """Roll the stage's deployment over to the release, pod by pod."""
        folder = self._write("stable", self._kustomization(before.previous(self.release)))
        self._commands.do(
            f"{self._stage}: everything for {self.release}", self._kubectl("apply", f"--kustomize={folder}")
        )
        self._wait(_APP)

    def settle(self) -> None:
        """Remove the candidate."""
        what = (
            "deployments,services,poddisruptionbudgets,networkpolicies,serviceaccounts",
            f"--selector=app={_APP},track=candidate",
        )
        words = self._kubectl("delete", *what, "--ignore-not-found=true")
        self._commands.do(f"{self._stage}: remove the candidate", words)

    def put_back(self, before: Serving) -> None:
        """Take the candidate out; roll the deployment back where the release had reached it."""
        stable = self._found.get(_APP)
        number = stable.revision if stable and stable.release != self.release else ""
        self.settle()
        now = self.look() if not self._commands.is_dry else Serving({self.release: ALL})
        if self.release in now.shares:
            if before.previous(self.release):
                self._undo(number)
            elif not before.shares:
                words = self._kubectl("delete", f"deployment/{_APP}", "--ignore-not-found=true")
                self._commands.do(f"{self._stage}: remove the deployment, which did not exist before", words)

    @contextmanager
    def reach(self, who: Literal["candidate", "all"]) -> Iterator[Service]:
        """Forward a free port of this machine to the service."""
        name = _CANDIDATE if who == "candidate" else _APP
        words = self._kubectl("port-forward", "--address=127.0.0.1", f"service/{name}", ":80")
        with self._commands.running(f"{self._stage}: a way to service/{name}", words) as line:
            found = _FORWARDING.search(line)
            if not found and not self._commands.is_dry:
                raise CommandError(f"{self._namespace}: no way to service/{name}: {line.strip()[:300]}")
            yield Service(f"http://127.0.0.1:{found[1] if found else 8000}")

    def requests_since(self, since: str) -> list[tuple[bool, float]] | None:  # noqa: ARG002 - Cloud Run needs it
        """Say nothing: a cluster keeps no log of requests. Raises CommandError for a candidate whose pods fail."""
        self._wait(_CANDIDATE)
        return None

    def _apply_candidate(self, why: str, replicas: int, *, is_serving: bool) -> None:
        content = self._kustomization("")
        content["nameSuffix"] = "-candidate"
        content["labels"] = [{"pairs": {"track": "candidate"}, "includeSelectors": True}]
        content["replicas"] = [{"name": _APP, "count": replicas}]
        label = "/spec/template/metadata/labels/serves"
        serves = [{"op": "replace", "path": label, "value": "yes" if is_serving else "no"}]
        content["patches"] += [
            {"target": {"kind": "Deployment", "name": _APP}, "patch": json.dumps(serves)},
            {"target": {"kind": "Service", "name": _APP}, "patch": json.dumps(_NO_SELECTOR)},
        ]
        folder = self._write("canary" if is_serving else "candidate", content)
        self._commands.do(f"{self._stage}: {why}", self._kubectl("apply", f"--kustomize={folder}"))
        self._wait(_CANDIDATE)

    def _kustomization(self, previous: str) -> dict[str, Any]:
        name, _, digest = self._order.image.partition("@")
        env = "/spec/template/spec/containers/0/env/0/value"
        model = [{"op": "replace", "path": env, "value": self._order.model}]
        marks = {RELEASE: self.release, **({PREVIOUS: previous} if previous else {})}
        path = "/spec/template/metadata/annotations"
        return {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "namespace": self._namespace,
            "images": [{"name": "winnow-serve", "newName": name, "digest": digest}],
            "patches": [
                {"target": {"kind": "Deployment", "name": _APP}, "patch": json.dumps(model)},
                {
                    "target": {"kind": "Deployment", "name": _APP},
                    "patch": json.dumps([{"op": "add", "path": path, "value": marks}]),
                },
            ],
        }

    def _write(self, part: str, content: dict[str, Any]) -> Path:
        """Write a kustomization on top of the stage's; JSON is YAML, and kustomize wants relative paths."""
        folder = (self._commands.journal.folder / self._stage / part).absolute()
        content["resources"] = [Path(os.path.relpath((MANIFESTS / self._stage).resolve(), folder.resolve())).as_posix()]
        name = f"{self._stage}/{part}/kustomization.yaml"
        self._commands.journal.write(name, json.dumps(content, indent=2) + "\n")
        return folder

    def _undo(self, number: str) -> None:
        target = [f"--to-revision={number}"] if number else []
        why = f"{self._stage}: back to what the deployment was before"
        self._commands.do(why, self._kubectl("rollout", "undo", f"deployment/{_APP}", *target))
        self._wait(_APP)

    def _wait(self, name: str) -> None:
        words = self._kubectl("rollout", "status", f"deployment/{name}", f"--timeout={_ROLLOUT_S}s")
        self._commands.do(f"{self._stage}: wait for the pods of {name}", words)

    def _kubectl(self, *words: str) -> list[str]:
        return ["kubectl", f"--context={self._cluster.context}", f"--namespace={self._namespace}", *words]


def canary_replicas(stable: int, share_pct: int) -> int:
    """Return how many candidate pods beside `stable` ones come nearest to the share; at least one."""
    return max(1, round(stable * share_pct / (ALL - share_pct)))


def shares_of(found: Mapping[str, Deployment]) -> dict[str, int]:
    """Return per cent by release; what is left over by rounding belongs to the stage's own deployment."""
    pods = {name: each.replicas for name, each in found.items() if each.is_serving and each.replicas}
    total = sum(pods.values())
    shares: dict[str, int] = {}
    left = ALL
    for name in sorted(pods, key=lambda name: name == _APP):
        percent = left if name == _APP else round(ALL * pods[name] / total)
        left -= percent
        shares[found[name].release] = shares.get(found[name].release, 0) + percent
    return {name: share for name, share in shares.items() if share}
