"""Signed tags, with a key that the test makes."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from registered import entry_for, tag_model

from repository import call, environment
from winnow.errors import CheckError
from winnow.project import Project
from winnow.registry.signatures import require_signature
from winnow.registry.tags import Tag, read_tags

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="there is no ssh-keygen here")


@pytest.fixture
def signed(project: Project, tmp_path: Path, head: Callable[..., str]) -> Tag:
    """A tag that was signed because the user has set that up."""
    key = tmp_path / "key"
    call(tmp_path, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", str(key))
    for name, value in {"gpg.format": "ssh", "user.signingKey": str(key), "tag.gpgSign": "true"}.items():
        call(project.root, "git", "config", name, value)
    # Whomever the machine's owner trusts, here it is nobody.
    (tmp_path / "nobody").touch()
    call(project.root, "git", "config", "gpg.ssh.allowedSignersFile", str(tmp_path / "nobody"))
    tag_model(project, entry_for(head()))
    [tag] = read_tags(project)
    return tag


def trust(project: Project, key: Path) -> None:
    allowed = key.with_name("allowed")
    allowed.write_text(f"ada@example.org {key.with_suffix('.pub').read_text()}")
    call(project.root, "git", "config", "gpg.ssh.allowedSignersFile", str(allowed))


def forge(project: Project, tag: Tag, old: str, new: str) -> Tag:
    """Change the text of a signed tag, and keep the signature."""
    text = call(project.root, "git", "cat-file", "tag", tag.object_id)
    assert old in text
    done = subprocess.run(
        ["git", "mktag"],
        cwd=project.root,
        env=environment(),
        input=text.replace(old, new),
        capture_output=True,
        text=True,
        check=True,
    )
    call(project.root, "git", "update-ref", f"refs/tags/{tag.ref}", done.stdout.strip())
    [found] = read_tags(project)
    return found


def test_the_record_of_a_signed_tag_is_read_without_its_signature(signed: Tag) -> None:
    assert signed.is_signed
    assert "SIGNATURE" not in signed.body


def test_a_signer_is_trusted_when_this_machine_says_so(project: Project, signed: Tag, tmp_path: Path) -> None:
    assert require_signature(project, signed, is_required=False) == "unknown signer"
    with pytest.raises(CheckError, match="signed by somebody whom this machine does not know"):
        require_signature(project, signed, is_required=True)
    trust(project, tmp_path / "key")
    assert require_signature(project, signed, is_required=True) == "trusted"


@pytest.mark.parametrize("is_known", [True, False])
def test_a_changed_record_is_refused_whoever_is_trusted(
    project: Project, signed: Tag, tmp_path: Path, *, is_known: bool
) -> None:
    if is_known:
        trust(project, tmp_path / "key")
    forged = forge(project, signed, '"value": 0.9', '"value": 0.99')
    with pytest.raises(CheckError, match=r"the signature of classifier@v1\.0\.0 is bad"):
        require_signature(project, forged, is_required=False)


def test_without_any_list_of_signers_a_changed_record_is_refused_all_the_same(project: Project, signed: Tag) -> None:
    call(project.root, "git", "config", "gpg.ssh.allowedSignersFile", "/nowhere/signers")
    assert require_signature(project, signed, is_required=False) == "unknown signer"
    with pytest.raises(CheckError, match="is bad"):
        require_signature(project, forge(project, signed, "ada", "eve"), is_required=False)


def test_a_tag_without_a_signature_is_none_unless_one_is_required(project: Project, head: Callable[..., str]) -> None:
    tag_model(project, entry_for(head()))
    [tag] = read_tags(project)
    assert require_signature(project, tag, is_required=False) == "none"
    with pytest.raises(CheckError, match=r"classifier@v1\.0\.0 is not signed"):
        require_signature(project, tag, is_required=True)
