import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from github_api import github_on_loopback
from post_scene import MAIN, Scene, quote_of
from sample_verdicts import HEAD

from winnow.github.client import GitHub, GitHubError
from winnow.pull_request.telling import posting
from winnow.pull_request.telling.cml import Watermark
from winnow.pull_request.telling.posting import Posted, Poster

WINNOW = Watermark("winnow")
CREATE, EDIT = "POST .*/issues/1/comments", "PATCH .*/issues/comments"


@pytest.fixture(params=[pytest.param(True, marks=pytest.mark.slow), False], ids=["with CML", "without"])
def scene(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(posting, "_PAUSE_S", 0.01)
    with github_on_loopback(tmp_path) as server:
        scene = Scene(server, tmp_path, monkeypatch)
        if request.param:
            scene.with_cml()
        yield scene


def post(scene: Scene, report: str = "first", name: str = "winnow") -> Posted:
    posted = Poster(scene.github, 1, HEAD, scene.variables).post(Watermark(name), report)
    assert posted
    return posted


def by(scene: Scene) -> str:
    return "CML" if "programs" in scene.variables["PATH"] else "the API"


def ours(scene: Scene) -> list[str]:
    return [WINNOW.text(body) for body in scene.bodies() if WINNOW.ends(body)]


def add(scene: Scene, body: str, login: str = "ada") -> None:
    scene.server.github.add_comment(scene.repository, 1, body, login=login)


def test_the_first_post_makes_a_comment_and_the_second_edits_it(scene: Scene) -> None:
    first, second = post(scene), post(scene, "second")
    assert (first.by, second.by) == (by(scene), by(scene))
    assert first.url == second.url
    assert ours(scene) == ["second"]


def test_what_is_said_already_is_not_said_again(scene: Scene) -> None:
    post(scene)
    writes = len(scene.server.writes())
    assert post(scene).by == "nobody"
    assert len(scene.server.writes()) == writes


def test_a_comment_that_was_deleted_by_hand_is_made_again(scene: Scene) -> None:
    post(scene)
    scene.repository.comments.clear()
    post(scene, "second")
    assert ours(scene) == ["second"]


def test_ours_is_found_before_and_behind_forty_others(scene: Scene) -> None:
    for number in range(40):
        add(scene, f"comment {number}")
    first = post(scene)
    assert first.by == "the API"
    for number in range(120):
        add(scene, f"another comment {number}")
    assert post(scene, "second").url == first.url
    assert ours(scene) == ["second"]
    assert len(scene.bodies()) == 161


def test_a_persons_quote_of_our_watermark_is_never_overwritten(scene: Scene) -> None:
    add(scene, quote_of("winnow"))
    post(scene)
    add(scene, quote_of("winnow", by_hand=""))
    add(scene, f"copied\n\n{WINNOW.line(MAIN)}")
    posted = post(scene, "second")
    assert posted.by == "the API"
    people = [comment for comment in scene.repository.comments_on(1) if comment.author.login == "ada"]
    assert [comment.created_at == comment.updated_at for comment in people] == [True] * 3
    assert "second" not in "".join(comment.body for comment in people)
    assert len(scene.bodies()) == 4


@pytest.mark.parametrize("fault", ["lose", "drop"])
@pytest.mark.parametrize("pattern", [CREATE, EDIT])
def test_a_lost_answer_never_doubles_the_comment(scene: Scene, fault: str, pattern: str) -> None:
    if pattern == EDIT:
        post(scene, "before")
    getattr(scene.server.faults, fault)(pattern)
    if fault == "drop" and by(scene) == "the API":
        with pytest.raises(GitHubError, match="did not answer"):
            post(scene)
    post(scene)
    assert ours(scene) == ["first"]


@pytest.mark.parametrize("status", [500, 403, 429])
def test_what_github_refuses_is_tried_once_more_by_the_api_and_then_reported(scene: Scene, status: int) -> None:
    scene.server.faults.refuse(CREATE, status)
    if by(scene) == "CML":
        posted = post(scene)
        assert posted.by == "the API"
        assert "CML ended with 1" in posted.notes[0]
    scene.server.faults.refuse(CREATE, status, times=2)
    scene.repository.comments.clear()
    with pytest.raises(GitHubError, match=str(status)):
        post(scene, "second")
    assert ours(scene) == []


def test_a_rate_limit_is_waited_out_by_cml_or_reported(scene: Scene) -> None:
    scene.server.faults.limit(CREATE)
    if by(scene) == "CML":
        assert post(scene).by == "CML"
    else:
        with pytest.raises(GitHubError, match="rate limit"):
            post(scene)


def test_of_two_comments_the_oldest_is_kept_and_brought_up_to_date(scene: Scene) -> None:
    for text in ("one", "two", "three"):
        add(scene, f"{text}\n\n{WINNOW.line(MAIN)}", login="github-actions[bot]")
    oldest = next(iter(scene.repository.comments))
    assert post(scene, "three").url.endswith(str(oldest))
    assert ours(scene) == ["three"]


def test_two_workflows_at_once_leave_one_comment(scene: Scene) -> None:
    barrier = threading.Barrier(2)
    failed: list[BaseException] = []

    def work() -> None:
        github = GitHub(scene.github.repository, scene.github.token, scene.github.api)
        barrier.wait()
        try:
            Poster(github, 1, HEAD, scene.variables).post(WINNOW, "first")
        except GitHubError as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    post(scene)
    assert ours(scene) == ["first"]
    assert all("404" in str(error) for error in failed), "at most that the other one had deleted it"


def test_two_projects_have_a_comment_each(scene: Scene) -> None:
    for text in ("one", "two"):
        post(scene, text)
        post(scene, f"shop {text}", name="winnow shop_2")
    assert [body.splitlines()[0] for body in scene.bodies()] == ["two", "shop two"]


def test_only_edit_makes_no_comment(scene: Scene) -> None:
    poster = Poster(scene.github, 1, HEAD, scene.variables)
    assert poster.post(WINNOW, "first", only_edit=True) is None
    post(scene)
    assert poster.post(WINNOW, "second", only_edit=True)
    assert ours(scene) == ["second"]


def test_a_person_edits_their_own_comment_again(scene: Scene) -> None:
    rights = {"issues": "write", "pull_requests": "write"}
    token = scene.server.github.add_token("laptop", scene.repository, login="ada", **rights)
    mine = GitHub(scene.github.repository, token.secret, scene.github.api)
    for text in ("one", "two"):
        Poster(mine, 1, HEAD, {**scene.variables, "GITHUB_TOKEN": token.secret}).post(WINNOW, text)
    assert ours(scene) == ["two"]
    assert [comment.author.login for comment in scene.repository.comments_on(1)] == ["ada"]
