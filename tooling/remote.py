"""Where DVC pushes images and models: what `inv remote` sets."""

from pathlib import Path

from invoke import Exit

from tooling.running import ROOT, say


def set_storage(url: str, root: Path = ROOT) -> None:
    """Write the remote into .dvc/config of the project in `root`; end with the exit codes of winnow."""
    from winnow.errors import WinnowError
    from winnow.project import Project
    from winnow.remotes.settings import set_remote

    try:
        say(*set_remote(Project(root), url).lines())
    except WinnowError as error:
        raise Exit(f"error: {error}", code=error.exit_code) from None
