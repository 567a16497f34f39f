"""What the real CML 0.20.6 was seen to send to the same server is what is expected here."""

import os
import subprocess
from pathlib import Path

import pytest
from cml_stand_in import install, watermark_title
from github_api import GitHubServer
from github_records import Repository, Token

HEAD, MAIN = "ab" * 20, "cd" * 20
UPDATE = ("comment", "update", "--target=pr/1", "--publish=false", "--watermark-title=winnow")
COMMENTS = "/repos/rice/leaves/issues/1/comments"
INTRODUCTION = "GET /users/ada"


def watermark(title: str, sha: str = MAIN) -> str:
    return f'![](https://cml.dev/watermark.png#{sha} "CML watermark {title}")'


class Desk:
    """A folder with a report, and the program in it."""

    def __init__(self, server: GitHubServer, folder: Path) -> None:
        self.server = server
        self.repository: Repository = server.github.add_repository("rice/leaves")
        server.github.add_pull(self.repository, "topic", stored_sha=HEAD)
        self.repository.commits.add(MAIN)
        server.github.add_user("ada")
        self.token: Token = server.github.add_token("report", self.repository, issues="write", checks="write")
        self.folder = folder / "desk"
        self.folder.mkdir()
        self.home = folder / "home"
        self.home.mkdir()
        self.programs = install(folder / "programs")
        self.write("hello\n")

    def write(self, report: str) -> None:
        (self.folder / "report.md").write_text(report, encoding="utf-8", newline="\n")

    def cml(self, *arguments: str, status: int = 0, **variables: str) -> str:
        """Run the program as a workflow's step would; return what it printed."""
        url = f"{self.server.url}/rice/leaves"
        environment = {
            "PATH": os.pathsep.join([str(self.programs), os.environ["PATH"]]),
            "HOME": str(self.home),
            "GITHUB_ACTOR": "ada",
            "GITHUB_SHA": MAIN,
            "GITHUB_EVENT_NAME": "workflow_run",
            "GITHUB_TOKEN": self.token.secret,
            **({"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {}),
            **self.server.variables(),
            **variables,
        }
        program = self.programs / ("cml.cmd" if os.name == "nt" else "cml")
        command = [str(program), *arguments, f"--repo={url}", "report.md"]
        run = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == status, run.stdout + run.stderr
        return run.stdout + run.stderr

    def bodies(self) -> list[str]:
        return [comment.body for comment in self.repository.comments_on(1)]

    def lines(self) -> list[tuple[str, int]]:
        return [(request.line, request.status) for request in self.server.requests]


@pytest.fixture
def desk(server: GitHubServer, tmp_path: Path) -> Desk:
    return Desk(server, tmp_path)


def test_update_makes_a_comment_and_then_edits_it(desk: Desk) -> None:
    printed = desk.cml(*UPDATE)
    [comment] = desk.repository.comments_on(1)
    assert printed == f"{desk.server.url}/rice/leaves/pull/1#issuecomment-{comment.id}\n"
    assert comment.body == f"hello\n\n\n{watermark('winnow')}"
    desk.write("again")
    assert desk.cml(*UPDATE) == printed
    assert desk.bodies() == [f"again\n\n{watermark('winnow')}"]
    listed, patched = (f"GET {COMMENTS}", 200), (f"PATCH /repos/rice/leaves/issues/comments/{comment.id}", 200)
    created = (f"POST {COMMENTS}", 201)
    assert desk.lines() == [(INTRODUCTION, 200), listed, created, (INTRODUCTION, 200), listed, patched]
    assert all(request.query == {} for request in desk.server.requests), "no page is asked for"


def test_create_makes_a_new_comment_every_time(desk: Desk) -> None:
    for _ in range(2):
        desk.cml("comment", "create", *UPDATE[2:])
    assert desk.bodies() == [f"hello\n\n\n{watermark('winnow')}"] * 2
    assert (f"GET {COMMENTS}", 200) not in desk.lines()


def test_beyond_thirty_comments_update_makes_a_new_one_every_time(desk: Desk) -> None:
    for number in range(31):
        desk.server.github.add_comment(desk.repository, 1, f"comment {number}", login="ada")
    for _ in range(2):
        desk.cml(*UPDATE)
    assert len(desk.bodies()) == 33


def test_the_last_comment_with_the_watermark_is_edited_whoever_wrote_it_and_wherever_it_stands(desk: Desk) -> None:
    github = desk.server.github
    github.add_comment(desk.repository, 1, f"ours\n\n{watermark('winnow', HEAD)}", login="github-actions[bot]")
    github.add_comment(desk.repository, 1, f"> {watermark('winnow', HEAD)} is what I quote", login="ada")
    github.add_comment(desk.repository, 1, watermark("winnow two"), login="ada")
    desk.cml(*UPDATE)
    assert desk.bodies()[0].startswith("ours")
    assert desk.bodies()[1] == f"hello\n\n\n{watermark('winnow')}"
    assert len(desk.bodies()) == 3


def test_titles_are_escaped_and_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKFLOW", "report")
    monkeypatch.setenv("GITHUB_RUN_ID", "5")
    assert watermark_title("") == "CML watermark"
    assert watermark_title("a_b *c* [d] <e>") == r"CML watermark a\_b \*c\* \[d] \<e>"
    assert watermark_title("{workflow} {run}") == "CML watermark report 5"


def test_a_title_with_signs_is_found_again(desk: Desk) -> None:
    for _ in range(2):
        desk.cml(*UPDATE[:-1], "--watermark-title=winnow *x_y*")
    assert len(desk.bodies()) == 1


def test_without_a_commit_the_watermark_is_never_found_again(desk: Desk) -> None:
    for _ in range(2):
        desk.cml(*UPDATE, GITHUB_SHA="")
    assert len(desk.bodies()) == 2


def test_check_create(desk: Desk) -> None:
    desk.cml("check", "create", "--title=verdict", "--conclusion=failure", f"--head-sha={HEAD}")
    desk.cml("check", "create")
    [first] = desk.repository.checks_of(HEAD)
    assert (first.name, first.conclusion, first.status) == ("verdict", "failure", "completed")
    assert first.output == {"title": "verdict", "summary": "hello\n"}
    [second] = desk.repository.checks_of(MAIN)
    assert (second.name, second.conclusion) == ("CML Report", "success")
    keys = ["head_sha", "started_at", "completed_at", "conclusion", "status", "name", "output"]
    assert list(desk.server.requests[1].body) == keys


@pytest.mark.parametrize("pattern", ["GET .*comments", "POST"])
def test_one_error_of_the_server_ends_it(desk: Desk, pattern: str) -> None:
    desk.server.faults.refuse(pattern, 500)
    assert "Server Error" in desk.cml(*UPDATE, status=1)
    assert desk.bodies() == []


def test_an_answer_that_is_lost_leaves_a_comment_behind(desk: Desk) -> None:
    desk.server.faults.lose("POST")
    assert "failed, reason" in desk.cml(*UPDATE, status=1)
    assert len(desk.bodies()) == 1
    desk.cml(*UPDATE)
    assert len(desk.bodies()) == 1


@pytest.mark.slow
def test_it_waits_at_403_for_a_limit_and_gives_up_at_429(desk: Desk) -> None:
    desk.server.faults.limit("GET .*comments", times=6)
    desk.server.faults.slow_down("POST", status=403)
    desk.cml(*UPDATE)
    assert [status for line, status in desk.lines() if line == f"GET {COMMENTS}"] == [403] * 6 + [200]
    desk.server.faults.slow_down("PATCH")
    assert "secondary rate limit" in desk.cml(*UPDATE, status=1)


@pytest.mark.slow
def test_what_is_refused(desk: Desk) -> None:
    assert "token not found" in desk.cml(*UPDATE, status=1, GITHUB_TOKEN="")
    assert desk.server.requests == []
    assert "Bad credentials" in desk.cml(*UPDATE, "--token=wrong", status=1)
    assert "Not Found" in desk.cml(*UPDATE[:2], "--target=pr/99", *UPDATE[3:], status=1)
    reader = desk.server.github.add_token("reader", desk.repository, issues="read")
    assert "Resource not accessible" in desk.cml(*UPDATE, status=1, GITHUB_TOKEN=reader.secret)
    desk.write("x" * 65_536)
    assert "Validation Failed" in desk.cml(*UPDATE, status=1)
    assert desk.bodies() == []
    desk.write("hello")
    desk.cml(*UPDATE, GITHUB_ACTOR="ghost")
    assert len(desk.bodies()) == 1, "an actor whom nobody knows does not matter"


def test_publishing_is_not_spoken(desk: Desk) -> None:
    for options in ([], ["--publish=true"]):
        assert "--publish" in desk.cml("comment", "update", "--target=pr/1", *options, status=2)
    assert desk.server.requests == []


def test_it_trusts_every_folder_in_the_users_git_configuration(desk: Desk) -> None:
    desk.cml(*UPDATE)
    config = (desk.home / ".gitconfig").read_text(encoding="utf-8")
    assert "directory = *\n" in config
