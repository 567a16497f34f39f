from pathlib import Path
from typing import Never

import pytest

from winnow.errors import UsageError
from winnow.locks import locked


def test_a_second_one_is_sent_away_with_the_reason(tmp_path: Path) -> None:
    lock = tmp_path / "new" / "lock"
    with locked(lock, "busy"), pytest.raises(UsageError, match="busy\nhint: wait"), locked(lock, "busy"):
        pass
    with locked(lock, "busy"), locked(tmp_path / "other", "busy"):
        pass


def test_it_is_free_again_after_success_and_failure(tmp_path: Path) -> Never:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "lock", "busy"):
        raise ZeroDivisionError
    for _ in range(2):
        with locked(tmp_path / "lock", "busy"):
            pass
