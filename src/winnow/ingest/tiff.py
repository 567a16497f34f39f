"""TIFF without what was written about the picture: a new directory over the same strips or tiles (TIFF 6.0)."""

import struct
from dataclasses import dataclass

from winnow.ingest.containers import Malformed, number_at

_KEPT = frozenset(
    (
        *range(256, 260),  # width, length, bits, compression
        *(262, 266, 274, 277, 278, 280, 281, 284),  # photometric, fill order, orientation, samples, rows, plane
        *(292, 293, 317, 320, 322, 323),  # fax options, predictor, colour map, tile sides
        *(332, 334, 338, 339, 530, 531, 532),  # inks, extra samples, sample format, YCbCr
        34675,  # ICC profile
    )
)
_OFFSETS = {273: 279, 324: 325}
"""Tags that say where strips and tiles are, and those that say how long these are."""

_COMPRESSION = 259
_WITH_JPEG = frozenset((6, 7))
"""Compressions whose strips are JPEG files in their own right, with room for remarks."""

_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_FORMS = {1: "B", 3: "H", 4: "I"}
_LONG = 4
_ENTRY_BYTES = 12
_INLINE_BYTES = 4


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: int
    count: int
    value: bytes


def strip_tiff(content: bytes, _orientation: int) -> bytes:
    """Return the first picture of a TIFF with the tags that its pixels and colours need; the orientation is one.

    Raises Malformed for BigTIFF and for strips that are JPEG files.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(content[:4])
    if order is None:
        raise Malformed("no TIFF")
    entries = _read_directory(content, number_at(content, 4, order + "I"), order)
    if _COMPRESSION in entries and _numbers(entries[_COMPRESSION], order)[0] in _WITH_JPEG:
        raise Malformed("strips that are JPEG files")
    offsets = next((tag for tag in _OFFSETS if tag in entries and _OFFSETS[tag] in entries), None)
    if offsets is None:
        raise Malformed("no strips and no tiles")
    kept = {tag: entry for tag, entry in entries.items() if tag in _KEPT}
    places = _numbers(entries[offsets], order)
    sizes = _numbers(entries[_OFFSETS[offsets]], order)
    # Strips that share bytes would make a small file a large one.
    if len(places) != len(sizes) or sum(sizes) > len(content):
        raise Malformed("strips without lengths of their own")
    pieces = [content[place : place + size] for place, size in zip(places, sizes, strict=True)]
    if [len(piece) for piece in pieces] != sizes:
        raise Malformed("a strip that does not fit")
    kept[_OFFSETS[offsets]] = _Entry(_LONG, len(sizes), _packed(sizes, order))
    return _write(content[:4], order, kept, offsets, pieces)


def _read_directory(content: bytes, at: int, order: str) -> dict[int, _Entry]:
    entries = {}
    for place in range(at + 2, at + 2 + _ENTRY_BYTES * number_at(content, at, order + "H"), _ENTRY_BYTES):
        tag, kind = number_at(content, place, order + "H"), number_at(content, place + 2, order + "H")
        count = number_at(content, place + 4, order + "I")
        num_bytes = _BYTES.get(kind, 0) * count
        start = place + 8 if num_bytes <= _INLINE_BYTES else number_at(content, place + 8, order + "I")
        value = content[start : start + num_bytes]
        if len(value) != num_bytes:
            raise Malformed("a value that does not fit")
        entries[tag] = _Entry(kind, count, value)
    return entries


def _numbers(entry: _Entry, order: str) -> list[int]:
    if entry.kind not in _FORMS or not entry.count:
        raise Malformed("no numbers where they are due")
    return list(struct.unpack(f"{order}{entry.count}{_FORMS[entry.kind]}", entry.value))


def _packed(numbers: list[int], order: str) -> bytes:
    return struct.pack(f"{order}{len(numbers)}I", *numbers)


def _write(head: bytes, order: str, entries: dict[int, _Entry], offsets: int, pieces: list[bytes]) -> bytes:
    """Return the file: header, directory, long values, pieces; everything at even places."""
    entries = {**entries, offsets: _Entry(_LONG, len(pieces), bytes(4 * len(pieces)))}
    at = 8 + 2 + _ENTRY_BYTES * len(entries) + 4
    places = {}
    for tag in sorted(entries):
        if len(entries[tag].value) > _INLINE_BYTES:
            places[tag], at = at, at + len(entries[tag].value) + len(entries[tag].value) % 2
    starts = []
    for piece in pieces:
        starts.append(at)
        at += len(piece) + len(piece) % 2
    entries[offsets] = _Entry(_LONG, len(pieces), _packed(starts, order))
    directory = [head, struct.pack(f"{order}IH", 8, len(entries))]
    values = []
    for tag, entry in sorted(entries.items()):
        directory.append(struct.pack(f"{order}HHI", tag, entry.kind, entry.count))
        if tag in places:
            directory.append(struct.pack(f"{order}I", places[tag]))
            values.append(entry.value + b"\0" * (len(entry.value) % 2))
        else:
            directory.append(entry.value.ljust(_INLINE_BYTES, b"\0"))
    directory.append(bytes(4))
    return b"".join([*directory, *values, *(piece + b"\0" * (len(piece) % 2) for piece in pieces)])
