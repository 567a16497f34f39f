import sys
from pathlib import Path

import pytest
from post_scene import MAIN, quote_of

from winnow.github.client import PUBLIC_API, GitHub
from winnow.github.comments import Comment
from winnow.pull_request.telling import cml
from winnow.pull_request.telling.cml import Watermark, finds_ours, has_program, update

WINNOW = Watermark("winnow")
GITHUB = GitHub("rice/leaves", "token", "https://example.org/api/v3")
SHOW = """#!/bin/sh
{ echo "$@"; env; } > "$SHOWN"
for last; do :; done
cat "$last" >> "$SHOWN"
echo "$LOG" >&2
exit $CODE
"""


def comment(number: int, body: str, *, is_bot: bool = True) -> Comment:
    return Comment(number, "github-actions[bot]" if is_bot else "ada", is_bot, body, "https://example.org/")


def test_a_watermark_has_cmls_own_form() -> None:
    assert WINNOW.line(MAIN) == f'![](https://cml.dev/watermark.png#{MAIN} "CML watermark winnow")'
    assert Watermark("winnow a_b").title == r"CML watermark winnow a\_b"


def test_a_comment_of_ours_ends_with_it_and_one_of_another_project_does_not() -> None:
    body = f"hello\r\nyou\n\n{WINNOW.line(MAIN)}\n"
    assert WINNOW.ends(body)
    assert WINNOW.text(body) == "hello\nyou"
    assert not Watermark("winnow shop").is_in(body)
    assert not WINNOW.is_in(Watermark("winnow shop").line(MAIN))
    assert WINNOW.is_in(quote_of("winnow"))
    assert not WINNOW.ends(quote_of("winnow"))


def test_cml_may_post_where_it_would_find_ours_or_nothing() -> None:
    ours, other = comment(1, WINNOW.line(MAIN)), comment(2, "hello", is_bot=False)
    quote = comment(3, quote_of("winnow"), is_bot=False)
    assert finds_ours([], [], WINNOW)
    assert finds_ours([ours, other], [ours], WINNOW)
    assert not finds_ours([ours, other, quote], [ours], WINNOW), "it would overwrite what a person wrote"
    assert not finds_ours([quote], [], WINNOW)
    assert not finds_ours([ours, comment(4, ours.body)], [ours, comment(4, ours.body)], WINNOW)


def test_cml_may_not_post_where_there_are_more_comments_than_it_reads() -> None:
    ours = comment(1, WINNOW.line(MAIN))
    many = [comment(number, "x", is_bot=False) for number in range(2, 31)]
    assert finds_ours([ours, *many], [ours], WINNOW)
    assert not finds_ours([ours, *many, comment(31, "x")], [ours], WINNOW)


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")
class TestTheCall:
    @pytest.fixture
    def variables(self, tmp_path: Path) -> dict[str, str]:
        program = tmp_path / "cml"
        program.write_text(SHOW, encoding="utf-8")
        program.chmod(0o755)
        return {
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "SHOWN": str(tmp_path / "shown"),
            "CODE": "0",
            "REPO_TOKEN": "other",
        }

    def test_says_where_to_and_publishes_nothing(self, variables: dict[str, str]) -> None:
        assert update(GITHUB, 7, WINNOW, "the report ä", variables) == ""
        shown = Path(variables["SHOWN"]).read_text(encoding="utf-8")
        words = shown.splitlines()[0].split()
        assert words[:-1] == [
            *("comment", "update", "--target=pr/7", "--publish=false"),
            *("--watermark-title=winnow", "--repo=https://example.org/rice/leaves"),
        ]
        assert {"GITHUB_TOKEN=token", "ITERATIVE_DO_NOT_TRACK=1"} <= set(shown.splitlines())
        assert "REPO_TOKEN=other" not in shown
        assert shown.endswith("the report ä")
        assert not Path(words[-1]).exists(), "the report is not left behind"

    @pytest.mark.parametrize(
        ("log", "words"),
        [
            ("a bad word", "a bad word"),
            ('{"level":"info","message":"hm"}\n{"level":"error","message":"Not Found","stack":"…"}', "Not Found"),
            ("", "it said nothing"),
        ],
    )
    def test_tells_why_it_failed(self, variables: dict[str, str], log: str, words: str) -> None:
        failing = {**variables, "CODE": "4", "LOG": log}
        assert update(GITHUB, 7, WINNOW, "x", failing) == f"CML ended with 4: {words}"

    def test_does_not_wait_forever(self, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cml, "TIMEOUT_S", 0.3)
        Path(variables["PATH"].partition(":")[0], "cml").write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
        assert update(GITHUB, 7, WINNOW, "x", variables) == "CML did not end well: TimeoutExpired"


def test_without_the_program_it_says_so(tmp_path: Path) -> None:
    variables = {"PATH": str(tmp_path)}
    assert not has_program(variables)
    assert update(GITHUB, 7, WINNOW, "x", variables) == "there is no program cml"


def test_the_public_github_has_another_address_than_its_api() -> None:
    assert cml._address(GitHub("rice/leaves", "t", PUBLIC_API)) == "https://github.com/rice/leaves"
