"""`add:` of `params.yaml`."""

from typing import Annotated

from pydantic import Field

from winnow.config import Section


class AddConfig(Section):
    """How images are packed and which are refused."""

    part_size_mb: Annotated[int, Field(ge=1, le=4096, examples=[64])]
    """A part is closed when its images reach this many megabytes (10^6 bytes)."""

    max_pixels: Annotated[int, Field(ge=64, examples=[100000000])]
    """An image with more pixels is quarantined before it is decoded (decompression bomb)."""

    pseudonymous: Annotated[bool, Field(examples=[False])]
    """Groups become keyed hashes and names are left empty, as by `winnow add --pseudonymous` (docs/privacy.md)."""

    strip_metadata: Annotated[bool, Field(examples=[False])]
    """Images lose what they say beside the picture, as by `winnow add --strip-metadata` (docs/privacy.md)."""
