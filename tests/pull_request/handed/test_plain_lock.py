import pytest

from winnow.errors import CheckError
from winnow.pull_request.handed.plain_lock import require_plain

LOCK = b"""schema: '2.0'
stages:
  train:
    cmd: winnow train
    outs:
    - {path: model, hash: md5, md5: 0cc175b9c0f1b6a831c399e269772661, size: 1}
"""


def test_what_dvc_writes_is_plain() -> None:
    require_plain(LOCK)
    require_plain(LOCK.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "not what DVC writes"),
        (b"{", "not what DVC writes"),
        (b"a: &a [1]\nb: [*a, *a]\n", "not what DVC writes"),
        (b"[" * 1_000, "not what DVC writes"),
        (b"[" * 1_001, "larger than"),
        (b"x" * 1_000_001, "larger than"),
        (b"- " * 400_000, "not what DVC writes"),
        (b"".join(b" " * depth + b"a:\n" for depth in range(200)), "not what DVC writes"),
    ],
)
def test_what_could_keep_a_parser_busy_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(CheckError, match=message):
        require_plain(content)
