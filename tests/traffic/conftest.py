"""Entries as a service writes them, and a log in a folder."""

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from winnow.traffic.entry import Entry, RequestEntry, Statistics, header
from winnow.traffic.segment_name import SegmentName

NOON = 1_774_958_400
"""2026-03-31 12:00 UTC."""

WRITER = "0123456789abcdef"


def make_request(number: int = 0, **changes: Any) -> RequestEntry:
    seen = Statistics(brightness=1.5, contrast=2, sharpness=3, width=4, height=5, mode="RGB")
    usual = {"time_s": NOON + number, "request_id": f"r{number}", "image": 0, "model": "classifier@v1.0.0"}
    return RequestEntry(**{**usual, "top": (("cat", 0.9),), "statistics": seen, "latency_s": 0.01, **changes})


@pytest.fixture
def request_entry() -> Callable[..., RequestEntry]:
    return make_request


def put_segment(folder: Path, entries: Sequence[Entry], *, opened_s: int = NOON, number: int = 1) -> Path:
    """Write a segment as a service uploads it."""
    name = SegmentName(opened_s, WRITER, number, entries[0].kind)
    path = folder / name.object
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = b"".join(entry.line() for entry in entries)
    path.write_bytes(gzip.compress(header(entries[0].kind, WRITER) + lines))
    return path


@pytest.fixture
def put() -> Callable[..., Path]:
    return put_segment
