import sys
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from winnow.serving.trimming import give_back


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc keeps freed memory like this")
def test_what_was_freed_goes_back_to_the_system() -> None:
    # Small pieces with one in use after each: none of them lies at the end of the heap, where freeing gives it back.
    pieces = [np.ones(8000, dtype=np.uint8) for _ in range(20_000)]
    kept = pieces[::50]
    before = psutil.Process().memory_info().rss
    del pieces
    assert give_back()
    assert psutil.Process().memory_info().rss < before - 50e6
    assert len(kept) == 400


def test_where_there_is_no_such_thing_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: SimpleNamespace())
    assert not give_back()
    monkeypatch.setattr("sys.platform", "win32")
    assert not give_back()
