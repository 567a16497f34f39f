"""Who signed a tag, as far as Git on this machine can tell."""

import os
from typing import Literal

from winnow.errors import CheckError
from winnow.project import Project
from winnow.registry.tags import Tag
from winnow.repository.git import call_git

Signature = Literal["trusted", "unknown signer", "none"]

_BAD = ("BADSIG", "incorrect signature", "Could not verify signature", "REVKEYSIG")
_GOOD_BUT_UNKNOWN = ("Good ", "NO_PUBKEY", "EXPKEYSIG", "EXPSIG")
_HINT = "somebody changed the tag, or it was cut off: do not use what it names"


def require_signature(project: Project, tag: Tag, *, is_required: bool) -> Signature:
    """Return what is known of a tag's signature, by `git verify-tag`.

    Raises CheckError for a signature that does not fit the tag, and, where one `is_required`, for any that is not
    trusted on this machine.
    """
    found = _verify(project, tag) if tag.is_signed else "none"
    if is_required and found != "trusted":
        what = "is not signed" if found == "none" else "is signed by somebody whom this machine does not know"
        raise CheckError(
            f"{tag.ref} {what}",
            hint="gpg.ssh.allowedSignersFile, or your GPG keyring, says whom you trust (docs/registry.md)",
        )
    return found


def _verify(project: Project, tag: Tag) -> Signature:
    done = call_git(project, "verify-tag", "--raw", tag.object_id)
    if not done.returncode:
        return "trusted"
    said = done.stderr.decode(errors="replace")
    if "allowedSignersFile" in said:
        # Without a list of people Git does not even look. With an empty one it says whether the signature fits.
        nobody = f"gpg.ssh.allowedSignersFile={os.devnull}"
        said = call_git(project, "-c", nobody, "verify-tag", "--raw", tag.object_id).stderr.decode(errors="replace")
    if any(word in said for word in _BAD) or not any(word in said for word in _GOOD_BUT_UNKNOWN):
        raise CheckError(f"the signature of {tag.ref} is bad: {' '.join(said.split())[:200]}", hint=_HINT)
    return "unknown signer"
