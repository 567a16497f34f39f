"""`card.yaml`: what a program cannot know about a model, said by its owner."""

import re
from typing import Annotated, Any

from pydantic import Field, ValidationError

from winnow.errors import InputError
from winnow.files import write_text
from winnow.project import Project
from winnow.records import Number, Record
from winnow.repository.dvc import load_yaml

Words = Annotated[str, Field(max_length=5_000)]
Amount = Annotated[Number, Field(gt=0)] | None

_EMPTY = re.compile(
    r"(?i)\b(todo|tbd|tba|fixme|xxx+|fill (?:me|this|in)|change ?me|placeholder|lorem ipsum)\b|<[^<>]*>|\.{3}"
)
_LEAST_LETTERS = 3
_HINT = "docs/registry.md shows the file; `winnow card` writes an empty one where there is none"
_TEMPLATE = """\
# What no program knows about this model. It ends in the model card (`winnow card`); no model is promoted while a line
# still says TODO.
schema: 1

intended_use: TODO
not_for: TODO
owner: TODO
data_source: TODO
data_licence: TODO
known_limits: TODO

# For the estimate of energy, carbon and money; null: not estimated.
power_w: null
overhead: 1.0
carbon_g_per_kwh: null
price_per_h: null
"""


class OwnerPart(Record):
    """The file, every key."""

    intended_use: Words
    """For whom and for what decision."""
    not_for: Words
    """What it must not be used for."""
    owner: Words
    """Who answers for it, and how to reach them."""
    data_source: Words
    """Where the images come from."""
    data_licence: Words
    """Under which terms they may be used; an SPDX identifier where there is one."""
    known_limits: Words
    """What the numbers do not show."""
    power_w: Amount
    """Mean power of the machine while it works, in watts."""
    overhead: Annotated[Number, Field(ge=1)]
    """Power usage effectiveness of the place: 1 at a desk, 1.1 to 1.6 in a data centre."""
    carbon_g_per_kwh: Amount
    """Of the grid there."""
    price_per_h: Amount
    """Of the machine, in a currency of your own."""

    def gaps(self) -> list[str]:
        """Return the keys that nobody has filled in."""
        texts = {name: value for name, value in self.model_dump().items() if isinstance(value, str)}
        return [name for name, text in texts.items() if is_placeholder(text)]


def is_placeholder(text: str) -> bool:
    """Return whether a text says nothing: empty, a mark to fill it in, or hardly a letter."""
    return bool(_EMPTY.search(text)) or sum(char.isalnum() for char in text) < _LEAST_LETTERS


def read_owner_part(project: Project) -> OwnerPart:
    """Return what `card.yaml` says; all gaps where there is none. Raises InputError for what is no such file."""
    source = project.card_source
    text = source.read_bytes() if source.is_file() else _TEMPLATE.encode()
    content: dict[str, Any] = load_yaml(text, source.name)
    if content.pop("schema", None) != 1:
        raise InputError(f"{source.name}: expected `schema: 1`", hint=_HINT)
    try:
        return OwnerPart.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{source.name}: {where}: {first['msg']}", hint=_HINT) from None


def write_template(project: Project) -> None:
    """Write an empty `card.yaml`."""
    write_text(project.card_source, _TEMPLATE)
