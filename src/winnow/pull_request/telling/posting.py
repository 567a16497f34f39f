"""One comment per pull request and project, whatever went wrong before: ours is found, edited, and never doubled."""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from winnow.github.client import GitHub, GitHubError
from winnow.github.comments import Comment, create_comment, delete_comment, edit_comment, list_comments
from winnow.pull_request.telling.cml import Watermark, finds_ours, has_program, update

_NUM_LOOKS = 3
_PAUSE_S = 1.0


@dataclass(frozen=True)
class Posted:
    """A comment that says what it has to say."""

    url: str
    by: str
    """`CML`, `the API`, or `nobody`: it said so already."""
    notes: list[str] = field(default_factory=list)
    """What did not go as planned on the way."""


@dataclass(frozen=True)
class Poster:
    """Comments of one pull request, as one token may write them. Every method raises GitHubError."""

    github: GitHub
    number: int
    commit: str
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def post(self, watermark: Watermark, report: str, *, only_edit: bool = False) -> Posted | None:
        """Bring our comment up to date, or make it; None where there is none and `only_edit` asks for no new one."""
        comments = list_comments(self.github, self.number)
        ours = self.ours(comments, watermark)
        if only_edit and not ours:
            return None
        notes: list[str] = []
        by = "nobody"
        if not _says(ours[:1], watermark, report):
            by = self._by_cml(comments, ours, watermark, report, notes) or self._by_api(watermark, report)
        return Posted(self._settle(watermark, report).html_url, by, notes)

    def ours(self, comments: Sequence[Comment], watermark: Watermark) -> list[Comment]:
        """Return those of the comments that this token, or a workflow's, made for the watermark, the oldest first."""
        marked = [comment for comment in comments if watermark.ends(comment.body)]
        viewer = "" if all(comment.is_bot for comment in marked) else self.github.viewer()
        return [comment for comment in marked if comment.is_bot or (viewer and comment.author == viewer)]

    def _by_cml(
        self, comments: list[Comment], ours: list[Comment], watermark: Watermark, report: str, notes: list[str]
    ) -> str:
        """Let CML post where it may; return its name if the comment is there then, however it ended."""
        if not has_program(self.variables):
            notes.append("there is no program cml")
            return ""
        if not finds_ours(comments, ours, watermark):
            notes.append("CML would not find our comment among those that are there")
            return ""
        failure = update(self.github, self.number, watermark, report, self.variables)
        notes += [failure] if failure else []
        # The answer may have been lost, and the work done: whoever writes again looks first.
        return "CML" if self._is_there(watermark, report, num_looks=1 if failure else _NUM_LOOKS) else ""

    def _by_api(self, watermark: Watermark, report: str) -> str:
        body = f"{report}\n\n{watermark.line(self.commit)}"
        ours = self._find(watermark)
        try:
            if ours:
                edit_comment(self.github, ours[0], body)
            else:
                create_comment(self.github, self.number, body)
        except GitHubError as error:
            if error.status or not self._is_there(watermark, report):
                raise
        return "the API"

    def _settle(self, watermark: Watermark, report: str) -> Comment:
        """Keep the oldest of our comments, up to date; two workflows at once may have made one each."""
        found = self._find(watermark)
        if not found:
            raise GitHubError("our comment is gone again", hint="post it once more")
        oldest, *others = found
        if not _says([oldest], watermark, report):
            oldest = edit_comment(self.github, oldest, f"{report}\n\n{watermark.line(self.commit)}")
        for comment in others:
            with suppress(GitHubError):  # the next run tries again
                delete_comment(self.github, comment)
        return oldest

    def _is_there(self, watermark: Watermark, report: str, *, num_looks: int = 1) -> bool:
        """Return whether the comment is among those that GitHub lists, which may take it a moment."""
        for look in range(num_looks):
            time.sleep(_PAUSE_S if look else 0)
            if _says(self._find(watermark), watermark, report):
                return True
        return False

    def _find(self, watermark: Watermark) -> list[Comment]:
        return self.ours(list_comments(self.github, self.number), watermark)


def _says(comments: Sequence[Comment], watermark: Watermark, report: str) -> bool:
    return any(watermark.text(comment.body) == report.strip() for comment in comments)
