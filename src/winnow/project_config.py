"""`project:` of `params.yaml`: what holds for a project as a whole and changes no result."""

from typing import Annotated, Literal

from pydantic import Field

from winnow.config import Section

Compute = Literal["local", "ray"]


class ProjectConfig(Section):
    """What the project is called, how much it shows, and how it works."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", examples=["classifier"])]
    """The model's name in the registry."""

    disclose: Annotated[Literal["aggregate", "ids", "pictures"], Field(examples=["ids"])]
    """The most that a comment, artifact, summary or page may show of single images."""

    labels: Annotated[Literal["git", "dvc"], Field(examples=["git"])]
    """What tracks `data/labels.csv`: Git, so that a relabel is a reviewable diff, or DVC, for private or huge sets."""

    compute: Annotated[Compute, Field(examples=["local"])]
    """Where parts are worked on: processes of this machine, or a Ray cluster that is there. Same bytes either way."""
