"""CML: how it knows its comment, when it would find ours, and the call that posts."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from winnow.github.client import PUBLIC_API, GitHub
from winnow.github.comments import Comment
from winnow.markup.blocks import printable

MAX_COMMENTS = 30
"""CML reads the first page of comments, and no other."""
TIMEOUT_S = 150.0
"""It waits for GitHub's limits by itself, up to two minutes at a time."""
_WATERMARK = "https://cml.dev/watermark.png"
_MAX_WORDS = 300
_SPECIAL = re.compile(r"([_*\[<])")
_OTHER_TOKENS = ("REPO_TOKEN", "repo_token", "GITLAB_TOKEN", "BITBUCKET_TOKEN")


@dataclass(frozen=True)
class Watermark:
    """The invisible picture at the end of a comment, by which CML and we know it again."""

    name: str

    @property
    def title(self) -> str:
        """The picture's title, in CML's own form."""
        return _SPECIAL.sub(r"\\\1", f"CML watermark {self.name}")

    def line(self, sha: str) -> str:
        """Return it as Markdown."""
        return f'![]({_WATERMARK}#{sha} "{self.title}")'

    def is_in(self, body: str) -> bool:
        """Return whether CML would take a comment for its own: the watermark may stand anywhere."""
        return bool(self._pattern.search(body))

    def ends(self, body: str) -> bool:
        """Return whether a comment ends with it, as those do that CML or we made."""
        return bool(re.search(rf"{self._pattern.pattern}\s*\Z", body))

    def text(self, body: str) -> str:
        """Return a comment without it, and without what GitHub may change at the ends of lines."""
        return self._pattern.sub("", body).replace("\r\n", "\n").strip()

    @property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(rf'!\[\]\({re.escape(_WATERMARK)}#[0-9a-fA-F]+ "{re.escape(self.title)}"\)')


def finds_ours(comments: Sequence[Comment], ours: Sequence[Comment], watermark: Watermark) -> bool:
    """Return whether CML would edit the one comment that is ours, or make one because there is none.

    It takes the last one with the watermark, whoever wrote it: a person's quote must never be overwritten.
    """
    if len(comments) > MAX_COMMENTS:
        return False
    found = [comment for comment in comments if watermark.is_in(comment.body)]
    return [comment.id for comment in found[-1:]] == [comment.id for comment in ours] and len(ours) <= 1


def update(github: GitHub, number: int, watermark: Watermark, report: str, variables: Mapping[str, str]) -> str:
    """Let CML post a report on a pull request; return why it did not, or an empty text.

    It publishes nothing elsewhere, and asks nobody but GitHub.
    """
    program = shutil.which("cml", path=variables.get("PATH"))
    if program is None:
        return "there is no program cml"
    kept = {name: value for name, value in variables.items() if name not in _OTHER_TOKENS}
    environment = {**kept, "GITHUB_TOKEN": github.token, "ITERATIVE_DO_NOT_TRACK": "1"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.md")
        path.write_text(report, encoding="utf-8", newline="\n")
        command = [
            *(program, "comment", "update", f"--target=pr/{number}", "--publish=false"),
            *(f"--watermark-title={watermark.name}", f"--repo={_address(github)}", str(path)),
        ]
        try:
            done = subprocess.run(  # noqa: S603 - the program of the workflow's own step, and our words
                command, env=environment, capture_output=True, timeout=TIMEOUT_S, check=False
            )
        except (subprocess.TimeoutExpired, OSError) as error:
            return f"CML did not end well: {type(error).__name__}"
    if done.returncode:
        return f"CML ended with {done.returncode}: {_last_words(done.stderr.decode('utf-8', 'replace'))}"
    return ""


def _last_words(log: str) -> str:
    """Return the last message of CML's log, which is a line of JSON with the whole request and answer in it."""
    lines = [line for line in log.splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    with suppress(ValueError, KeyError, TypeError):
        last = str(json.loads(last)["message"])
    return printable(last, _MAX_WORDS)


def has_program(variables: Mapping[str, str] = os.environ) -> bool:
    """Return whether CML is there."""
    return shutil.which("cml", path=variables.get("PATH")) is not None


def _address(github: GitHub) -> str:
    """Return the repository's web address, from whose host CML makes that of the API."""
    server = "https://github.com" if github.api == PUBLIC_API else github.api.removesuffix("/api/v3")
    return f"{server}/{github.repository}"
