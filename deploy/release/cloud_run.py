"""Cloud Run: a revision for each release, traffic by revision, the tag `candidate` as an address of its own."""

import json
import string
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from deploy.cloud.names import check, check_number
from deploy.release.asking import Service
from deploy.release.commands import Commands
from deploy.release.errors import CommandError
from deploy.release.order import ALL, Order, Serving, Stage

TEMPLATE = Path(__file__).parents[1] / "cloud_run" / "service.yaml"
_CANDIDATE, _PREVIOUS = "candidate", "previous"
_MAX_REQUESTS = 5000


@dataclass(frozen=True)
class Place:
    """Where the services are, and as whom they run."""

    project: str
    region: str
    account: str
    """The service's own identity; it needs to read its secret, and nothing else."""

    secret_version: int = 1
    caller: str = ""
    """The identity to ask as, for services that let nobody else in."""

    def __post_init__(self) -> None:
        check("project", self.project)
        check("region", self.region)
        check("account", self.account)
        check_number("secret's version", self.secret_version, 1, 100_000)
        if self.caller:
            check("account", self.caller)


class CloudRun:
    """One stage as a Cloud Run service."""

    def __init__(self, order: Order, place: Place, stage: Stage, commands: Commands) -> None:
        self._order, self._place, self._stage, self._commands = order, place, stage, commands
        self.service = f"{order.service}-{stage}"
        self.release = f"{self.service}-{order.identity(self._render('', ''))}"

    def require(self) -> None:
        """Raise MissingError where gcloud is not installed."""
        self._commands.require("gcloud")

    def look(self) -> Serving:
        """Return shares, addresses and the revision with the tag `previous`; raises CommandError."""
        listing = ["run", "services", "list", f"--filter=metadata.name={self.service}", "--format=json"]
        found = self._commands.ask(f"{self._stage}: who serves", self._gcloud(*listing))
        if self._commands.is_dry:
            addresses = {"all": "https://SERVICE", _CANDIDATE: "https://candidate---SERVICE"}
            return Serving({"PREVIOUS-REVISION": ALL}, addresses=addresses)
        try:
            status = next((each["status"] for each in found if each["metadata"]["name"] == self.service), None)
            return read_status(status) if status else Serving({})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CommandError(f"{self.service}: gcloud's answer cannot be read: {error!r}") from None

    def place(self, before: Serving) -> None:
        """Start the revision. Without any before it, Cloud Run gives a service's first revision all traffic."""
        previous = before.previous(self.release)
        if self._is_ready():
            tags = {_CANDIDATE: self.release, **({_PREVIOUS: previous} if previous else {})}
            # A way back to an old release, or a second start: nothing has to be made.
            self._traffic(
                f"{self._stage}: {self.release} is there, without traffic", {previous or self.release: ALL}, tags
            )
            return
        new = {"revisionName": self.release, "percent": 0 if previous else ALL, "tag": _CANDIDATE}
        old = [{"revisionName": previous, "percent": ALL, "tag": _PREVIOUS}] if previous else []
        text = self._render(self.release, json.dumps([*old, new]))
        path = self._commands.journal.write(f"{self._stage}/service.yaml", text)
        why = f"{self._stage}: start {self.release} {'without traffic' if previous else 'as the first revision'}"
        self._commands.do(why, self._gcloud("run", "services", "replace", str(path)))

    def share(self, before: Serving) -> None:
        """Give the candidate its share and the previous revision the rest."""
        percent = self._order.canary_pct
        shares = {self.release: percent, before.previous(self.release): ALL - percent}
        self._traffic(f"{self._stage}: {percent} % for the candidate", shares)

    def promote(self, before: Serving) -> None:  # noqa: ARG002 - Kubernetes needs it
        """Give the candidate everything; the tag `previous` keeps where to go back to."""
        self._traffic(f"{self._stage}: everything for {self.release}", {self.release: ALL})

    def settle(self) -> None:
        """Leave the old revision where it is: without traffic it costs nothing, and it is the way back."""

    def put_back(self, before: Serving) -> None:
        """Give everything to the previous revision; remove the service where there was none."""
        if previous := before.previous(self.release):
            self._traffic(f"{self._stage}: back to {previous}", {previous: ALL})
        elif not before.shares and self.look().addresses:
            why = f"{self._stage}: remove the service, which did not exist before"
            self._commands.do(why, self._gcloud("run", "services", "delete", self.service))

    @contextmanager
    def reach(self, who: Literal["candidate", "all"]) -> Iterator[Service]:
        """Yield the address that Cloud Run gives to the tag or to the service."""
        addresses = self.look().addresses
        if who not in addresses:
            raise CommandError(f"{self.service}: Cloud Run gives no address for {who!r}")
        yield Service(addresses[who], self._token(addresses["all"]))

    def requests_since(self, since: str) -> list[tuple[bool, float]] | None:
        """Read status and latency of the candidate's requests from the service's request log."""
        conditions = [
            'resource.type="cloud_run_revision"',
            f'resource.labels.revision_name="{self.release}"',
            f'timestamp>="{since}"',
            "httpRequest.status>0",
        ]
        words = self._gcloud("logging", "read", " AND ".join(conditions), "--format=json", f"--limit={_MAX_REQUESTS}")
        words.remove(f"--region={self._place.region}")
        entries = self._commands.ask(f"{self._stage}: what real requests got", words)
        try:
            return [read_entry(entry["httpRequest"]) for entry in entries or []]
        except (KeyError, TypeError, ValueError) as error:
            raise CommandError(f"{self.service}: the request log cannot be read: {error!r}") from None

    def _is_ready(self) -> bool:
        """Return whether the revision exists. Raises CommandError for one that exists and could not start."""
        listing = ["run", "revisions", "list", f"--service={self.service}", f"--filter=metadata.name={self.release}"]
        found = self._commands.ask(f"{self._stage}: is the revision there", self._gcloud(*listing, "--format=json"))
        for revision in found or []:
            conditions = revision.get("status", {}).get("conditions", [])
            if not any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions):
                hint = f"`--attempt {self._order.attempt + 1}` makes another"
                raise CommandError(
                    f"{self.release} exists and could not start, and Cloud Run keeps it as failed; {hint}"
                )
        return bool(found)

    def _traffic(self, why: str, shares: Mapping[str, int], tags: Mapping[str, str] | None = None) -> None:
        words = [f"--to-revisions={_pairs(shares)}", *([f"--update-tags={_pairs(tags)}"] if tags else [])]
        self._commands.do(why, self._gcloud("run", "services", "update-traffic", self.service, *words))

    def _token(self, audience: str) -> str:
        if not self._place.caller:
            return ""
        who = f"--impersonate-service-account={self._place.caller}"
        words = ["gcloud", "auth", "print-identity-token", who, f"--audiences={audience}", "--quiet"]
        return self._commands.secret("a token to ask the service with; it is kept nowhere", words)

    def _gcloud(self, *words: str) -> list[str]:
        return ["gcloud", *words, f"--project={self._place.project}", f"--region={self._place.region}", "--quiet"]

    def _render(self, revision: str, traffic: str) -> str:
        order, is_production = self._order, self._stage == "production"
        values: dict[str, object] = {
            "service": self.service,
            "stage": self._stage,
            "revision": revision,
            "image": order.image,
            "model": order.model,
            "account": self._place.account,
            "min_instances": order.min_instances if is_production else 0,
            "max_instances": order.max_instances if is_production else min(2, order.max_instances),
            "concurrency": order.concurrency,
            "secret_version": self._place.secret_version,
            "traffic": traffic,
        }
        return string.Template(TEMPLATE.read_text(encoding="utf-8")).substitute(values)


def _pairs(values: Mapping[str, object]) -> str:
    return ",".join(f"{name}={value}" for name, value in values.items())


def read_status(status: Mapping[str, Any]) -> Serving:
    """Return what a service's status says. A revision may stand there twice: as a share and as a tag."""
    entries = status.get("traffic") or []
    shares: dict[str, int] = {}
    for entry in entries:
        if percent := int(entry.get("percent") or 0):
            shares[entry["revisionName"]] = shares.get(entry["revisionName"], 0) + percent
    tagged = {entry["tag"]: entry for entry in entries if entry.get("tag")}
    addresses = {tag: str(entry["url"]) for tag, entry in tagged.items() if entry.get("url")}
    fallback = str(tagged.get(_PREVIOUS, {}).get("revisionName", ""))
    return Serving(shares, fallback, {**addresses, "all": str(status.get("url") or "")})


def read_entry(request: Mapping[str, Any]) -> tuple[bool, float]:
    """Return (is it an error, ms) of a request as Cloud Logging has it: `{"status": 200, "latency": "0.0123s"}`."""
    return int(request["status"]) >= 500, float(str(request.get("latency") or "0s").rstrip("s")) * 1000  # noqa: PLR2004
