from typing import Never

import pytest

from winnow.errors import UsageError
from winnow.ingest.lock import exclusive
from winnow.project import Project


def test_a_second_writer_is_sent_away_while_the_first_works(project: Project) -> None:
    with exclusive(project), pytest.raises(UsageError, match="another winnow command"), exclusive(project):
        pass


def test_the_lock_is_free_again_after_success_and_failure(project: Project) -> Never:
    with pytest.raises(ZeroDivisionError), exclusive(project):
        raise ZeroDivisionError
    for _ in range(2):
        with exclusive(project):
            pass


def test_git_never_sees_what_is_half_written(project: Project) -> None:
    with exclusive(project):
        assert (project.scratch / ".gitignore").read_text(encoding="utf-8") == "*\n"
