"""Where a remote lies: a bucket of Google Cloud Storage or S3, or a folder."""

import re
from dataclasses import dataclass
from pathlib import Path

from winnow.errors import UsageError

KINDS = {"gs": "Google Cloud Storage", "s3": "S3", "folder": "a folder"}

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_MISWRITTEN = re.compile(r"(gs|s3|gcs)(:/?|/+)(?=[^/])", re.IGNORECASE)
_PASSWORD = re.compile(r":/*[^/]*:[^/]*@")
# Google and Amazon agree on this much; what else they forbid, they say themselves.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
# Addresses that browsers show for what DVC calls gs:// and s3://.
_WEB = (
    (re.compile(r"https?://console\.cloud\.google\.com/storage/browser/(.+)"), "gs://"),
    (re.compile(r"https?://storage\.(?:googleapis|cloud\.google)\.com/(.+)"), "gs://"),
    (re.compile(r"https?://s3[.-][a-z0-9.-]*amazonaws\.com/(.+)"), "s3://"),
    (re.compile(r"https?://([a-z0-9.-]+?)\.s3[.-][a-z0-9.-]*amazonaws\.com(/?.*)"), "s3://"),
)
_EXAMPLES = "gs://BUCKET/PATH, s3://BUCKET/PATH, or a folder such as ../storage"


@dataclass(frozen=True)
class Address:
    """The URL of a remote, in its parts."""

    kind: str
    """One of `KINDS`."""

    url: str
    """As DVC's configuration has it."""

    bucket: str = ""
    """Empty for a folder."""

    path: str = ""
    """Inside the bucket, without slashes at its ends; or the folder."""

    @property
    def is_cloud(self) -> bool:
        """Whether it takes a network, a credential and the extra `cloud`."""
        return self.kind != "folder"


def parse_address(url: str) -> Address:
    """Return what `url` names. Raises UsageError, with the likely meaning, for what DVC could not store to."""
    text = url.strip()
    if not text or text != url or any(ord(character) < ord(" ") for character in text):
        raise UsageError(f"expected the address of a storage, got {url!r}", hint=_EXAMPLES)
    if _PASSWORD.search(text):
        raise UsageError(
            "expected an address without a user and a password: Git would show them to everybody",
            hint="credentials come from the environment (docs/remote.md)",
        )
    if meant := _web_page(text):
        raise UsageError(f"{text} is a page for browsers", hint=f"did you mean {meant}?")
    if miswritten := _MISWRITTEN.match(text):
        scheme = miswritten[1].lower().replace("gcs", "gs")
        meant = f"{scheme}://{text[miswritten.end() :]}"
        raise UsageError(f"expected {scheme}://…, got {text}", hint=f"did you mean {meant}?")
    scheme = _SCHEME.match(text)
    if scheme is None:
        return Address("folder", text, path=text)
    if scheme[1] not in ("gs", "s3"):
        raise UsageError(f"expected gs:// or s3://, got {scheme[0]}", hint=_other_scheme(scheme[1].lower(), text))
    return _bucket_address(scheme[1], text)


def require_folder(address: Address, root: Path) -> Path:
    """Return a folder's address as a path; one that is relative counts from `root`.

    Raises UsageError when it is a file, or when nothing is there and nothing above it: most likely a mistyped address.
    """
    folder = root / Path(address.path).expanduser()
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"expected a folder, got the file {folder}", hint=_EXAMPLES)
    if not folder.parent.is_dir():
        raise UsageError(f"expected a folder, found neither {folder} nor {folder.parent}", hint=f"write {_EXAMPLES}")
    return folder


def _bucket_address(scheme: str, url: str) -> Address:
    bucket, _, path = url.removeprefix(f"{scheme}://").partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise UsageError(
            f"expected the name of a bucket behind {scheme}://, got {bucket!r}",
            hint="3 to 63 lower-case letters, digits, `.`, `_` and `-`",
        )
    if "//" in f"/{path}" or any(character in path for character in "?#*\\"):
        raise UsageError(f"expected a plain path in the bucket, got {path!r}", hint=f"{scheme}://{bucket}/winnow")
    return Address(scheme, url, bucket, path.strip("/"))


def _web_page(text: str) -> str:
    for pattern, scheme in _WEB:
        if match := pattern.fullmatch(text):
            return scheme + "".join(match.groups()).split("?")[0].split(";")[0].rstrip("/")
    return ""


def _other_scheme(scheme: str, text: str) -> str:
    if scheme in {"gcs", "gs", "s3", "s3a", "s3n"}:
        return f"did you mean {scheme[:2].replace('gc', 'gs')}://{text.partition('://')[2]}?"
    if scheme == "file":
        return "write the folder itself, without file://"
    return "`dvc remote add -d NAME URL` takes what else DVC knows; winnow is tried with gs://, s3:// and folders"
