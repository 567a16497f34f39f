"""Records that travel between programs as JSON, and are checked when they arrive."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from winnow.errors import InputError
from winnow.schema import require_stamp, stamp

Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**63)]


class Record(BaseModel):
    """A part of a document: exactly these fields, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NotAvailable(Record):
    """What could not be known, and why."""

    not_available: str


class Document(Record):
    """A whole file, stamped with schema and task."""

    writer: ClassVar[str]
    """The command that writes it, for the hint to whoever has another file."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, stamped with schema and task."""
        return stamp(self.model_dump(mode="json"))

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], source: str) -> Self:
        """Return the document that `as_dict` gave; `source` is named in the error when `content` is none.

        Raises FormatError for another schema or task, InputError for anything else that is not expected.
        """
        require_stamp(content, source)
        try:
            return cls.model_validate({key: value for key, value in content.items() if key not in stamp({})})
        except ValidationError as error:
            first = error.errors()[0]
            raise InputError(
                f"{source}: {'.'.join(map(str, first['loc']))}: {first['msg']}", hint=f"`{cls.writer}` writes it"
            ) from None
