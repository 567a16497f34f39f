from collections.abc import Iterator
from pathlib import Path

import pytest
from github_api import github_on_loopback
from github_records import Run as StoredRun
from post_scene import DATA, PIPELINE, Scene, data_run, handed_over, handed_over_data, pipeline_run
from sample_verdicts import HEAD, better

from winnow.github.client import GitHubError
from winnow.github.runs import get_run
from winnow.pull_request.handed import gathering
from winnow.pull_request.handed.gathering import Gathered, gather, look

VERDICT = handed_over((pipeline_run(), better()))


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with github_on_loopback(tmp_path) as server:
        yield Scene(server, tmp_path, monkeypatch)


def gathered(scene: Scene, run: StoredRun) -> Gathered:
    return gather(scene.github, look(scene.github, get_run(scene.github, run.id)))


def test_both_workflows_are_asked_whichever_has_ended(scene: Scene) -> None:
    data, pipeline = scene.run(DATA, handed_over_data(data_run())), scene.run(PIPELINE, VERDICT)
    for run in (data, pipeline):
        found = gathered(scene, run)
        assert found.data.projects == {".": data_run()}
        assert found.pipeline.projects["."].verdict == better()
        assert (found.seen.commit, found.seen.is_fork, found.folders, found.refusals) == (HEAD, False, ["."], [])


def test_the_newest_run_speaks_even_while_it_has_nothing_to_say(scene: Scene) -> None:
    scene.run(PIPELINE, VERDICT)
    assert gathered(scene, scene.run(PIPELINE, status="in_progress", conclusion=None)).pipeline.projects == {}


def test_a_run_that_was_cancelled_hides_no_older_one(scene: Scene) -> None:
    older = scene.run(PIPELINE, VERDICT)
    seen = look(scene.github, get_run(scene.github, scene.run(PIPELINE, conclusion="cancelled").id))
    assert seen.pipeline
    assert seen.pipeline.id == older.id
    for run in list(scene.repository.runs.values())[:1]:
        run.conclusion = "cancelled"
    assert look(scene.github, get_run(scene.github, older.id)).pipeline


def test_runs_of_other_workflows_and_events_say_nothing(scene: Scene) -> None:
    run = scene.run(PIPELINE, VERDICT, event="push")
    scene.run(".github/workflows/ci.yaml", VERDICT)
    assert gathered(scene, run).pipeline.run is None


def test_a_fork_with_the_same_commit_does_not_speak_for_this_repository(scene: Scene) -> None:
    mine = scene.run(PIPELINE, VERDICT)
    fork = scene.server.github.add_repository("eve/leaves", parent=scene.repository)
    worse = handed_over((pipeline_run(state="failed", reason="hm"), None))
    scene.head = fork
    theirs = scene.run(PIPELINE, worse)
    assert gathered(scene, mine).pipeline.projects["."].verdict == better()
    found = gathered(scene, theirs)
    assert found.pipeline.projects["."].verdict is None
    assert (found.seen.is_fork, found.seen.is_ours_too) == (True, True)


def test_the_newest_artifact_of_a_name_counts(scene: Scene) -> None:
    run = scene.run(PIPELINE, b"of the first attempt")
    scene.server.github.add_artifact(scene.repository, run, "winnow-verdict", VERDICT)
    assert gathered(scene, run).pipeline.projects["."].verdict == better()


def test_what_is_not_in_order_is_refused_and_the_rest_is_read(scene: Scene) -> None:
    scene.run(DATA, handed_over_data(data_run()))
    found = gathered(scene, scene.run(PIPELINE, b"<html>"))
    assert found.refusals == ["the handover was refused: the archive is broken"]
    assert found.folders == ["."]


def test_fifty_megabytes_are_refused_before_they_are_downloaded(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    found = gathered(scene, scene.run(PIPELINE, bytes(50_000_000)))
    assert found.refusals == ["the handover was refused: the archive is larger than 32,000,000 bytes"]
    assert not any(request.path.endswith("/zip") for request in scene.server.requests)
    monkeypatch.setattr(gathering, "MAX_ZIP_BYTES", 100)
    assert gathered(scene, scene.run(PIPELINE, VERDICT)).refusals


def test_an_expired_artifact_is_an_error_and_no_refusal(scene: Scene) -> None:
    run = scene.run(PIPELINE, VERDICT)
    for artifact in scene.repository.artifacts.values():
        artifact.is_expired = True
    with pytest.raises(GitHubError, match="run the workflow again"):
        gathered(scene, run)


def test_the_state_changes_with_whatever_there_is_to_tell(scene: Scene) -> None:
    run = scene.run(PIPELINE, status="in_progress", conclusion=None)
    about = get_run(scene.github, run.id)
    states = [look(scene.github, about).state]
    run.status, run.conclusion = "completed", "success"
    states.append(look(scene.github, about).state)
    scene.run(DATA)
    states.append(look(scene.github, about).state)
    assert len(set(states)) == 3
    assert look(scene.github, about).state == states[-1]
