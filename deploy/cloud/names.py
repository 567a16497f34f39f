"""What may be put into a command: every name is checked against its owner's rules before a word is made of it."""

import re


class NameProblem(Exception):  # noqa: N818 - it is the user's word that is wrong, and the message says which
    """A value that cannot be what it is given as."""


_RULES = {
    "project": (r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project id such as rice-grains-1"),
    "project number": (r"[1-9][0-9]{5,19}", "digits: gcloud projects describe PROJECT --format='value(projectNumber)'"),
    "bucket": (r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", "a bucket's name, without gs://"),
    "repository": (
        r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}",
        "OWNER/NAME as GitHub spells it",
    ),
    "repository id": (r"[1-9][0-9]{0,19}", "digits: gh api repos/OWNER/NAME --jq .id"),
    "location": (r"[A-Za-z][A-Za-z0-9-]{1,30}", "a location such as EU or europe-west4"),
    "zone": (r"[a-z]+-[a-z]+[0-9]+-[a-z]", "a zone such as europe-west4-a"),
    "branch": (r"(?!.*(?:\.\.|//|\.lock$))[A-Za-z0-9][A-Za-z0-9._/-]{0,100}", "a branch such as main"),
    "environment": (r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}", "letters, digits, - and _"),
    "name": (r"[a-z][a-z0-9-]{2,20}[a-z0-9]", "4 to 22 small letters, digits and -"),
    "machine type": (r"[a-z][a-z0-9]*(?:-[a-z0-9]+){1,4}", "a machine type such as n1-standard-8"),
    "accelerator": (r"[a-z][a-z0-9]*(?:-[a-z0-9]+){1,5}", "a kind of GPU as `compute accelerator-types list` has it"),
    "image family": (r"[a-z][a-z0-9-]{1,61}[a-z0-9]", "a family as `gcloud compute images list` has it"),
    "label": (r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}", "letters, digits, - and _"),
    "region": (r"[a-z]+-[a-z]+[0-9]+", "a region such as europe-west4"),
    "image": (
        r"[a-z0-9][a-z0-9.-]{0,100}(?::[0-9]{1,5})?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*){1,8}@sha256:[0-9a-f]{64}",
        "REGISTRY/PATH@sha256:… (a tag can be moved)",
    ),
    "model": (
        (
            r"(?:[a-zA-Z0-9_-][a-zA-Z0-9_./-]{0,100}:)?[a-zA-Z0-9](?:[a-zA-Z0-9_/-]{0,60}[a-zA-Z0-9])?"
            r"@v(?:0|[1-9][0-9]{0,8})(?:\.(?:0|[1-9][0-9]{0,8})){2}(?:-[0-9A-Za-z.-]{1,40})?"
        ),
        "NAME@VERSION such as classifier@v1.2.0",
    ),
    "accelerator type": (
        r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+){1,6}",
        "a kind as Vertex AI spells it, such as NVIDIA_TESLA_T4",
    ),
    "account": (
        r"[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9-]{4,28}[a-z0-9]\.iam\.gserviceaccount\.com",
        "a service account such as winnow-serve@rice-grains-1.iam.gserviceaccount.com",
    ),
    "namespace": (r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", "a namespace as `kubectl get namespaces` lists it"),
    "context": (r"[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,200}", "a context as `kubectl config get-contexts` lists it"),
}


def check(kind: str, value: str) -> str:
    """Return `value` when it can be a `kind`. Raises NameProblem."""
    pattern, example = _RULES[kind]
    if not re.fullmatch(pattern, value):
        raise NameProblem(f"expected {kind} as {example}; got {value!r}")
    if kind == "bucket" and (".." in value or value.startswith("goog") or re.fullmatch(r"[0-9.]+", value)):
        raise NameProblem(f"Google does not allow the bucket {value!r}: no `..`, no address, not beginning with goog")
    return value


def check_number(kind: str, value: int, smallest: int, largest: int) -> int:
    """Return `value` when it lies in the range. Raises NameProblem."""
    if not smallest <= value <= largest:
        raise NameProblem(f"expected {kind} between {smallest} and {largest}, got {value}")
    return value
