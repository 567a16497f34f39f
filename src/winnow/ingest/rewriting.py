"""Some rows of some parts, packed anew: how images leave parts, and how small parts become full ones."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from winnow.data.parts import ImageRecord, PartWriter, image_id, read_part, read_records
from winnow.errors import InputError


def rewrite(chosen: Iterable[tuple[Path, pa.Array]], *, folder: Path, part_size_bytes: int) -> list[Path]:
    """Pack the rows of parts where a mask (boolean, one value a row) is true into new parts in `folder`.

    Rows keep their order, so the same parts and masks give the same bytes. At most a batch of what is read and one of
    what is written are in memory. Raises InputError for an image whose bytes are no longer those it was taken in with.
    """
    with PartWriter(folder=folder, part_size_bytes=part_size_bytes) as writer:
        for part, is_chosen in chosen:
            for record in _records(part, is_chosen):
                if image_id(record.bytes) != record.id:
                    raise InputError(
                        f"{part}: the bytes of image {record.id} are damaged",
                        hint="remove the part, then dvc checkout data/images.dvc, or dvc pull data/images.dvc",
                    )
                writer.add(record)
    return writer.parts


def _records(part: Path, is_chosen: pa.Array) -> Iterator[ImageRecord]:
    start = 0
    for batch in read_part(part):
        yield from read_records(batch.filter(is_chosen.slice(start, batch.num_rows)))
        start += batch.num_rows
