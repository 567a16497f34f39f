"""Who is told of a release: the pull request that brought the model, once, and by one comment a stage."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from registered import promote_quietly
from release_samples import request, verification
from released import Works

from winnow.github.client import GitHub
from winnow.release.story import Story
from winnow.release.telling import find_pull, model_commit, tell, watermark_of

if TYPE_CHECKING:
    from github_api import GitHubServer

RESULTS = {"verify": "success", "vault": "skipped", "approve": "success", "promote": "success", "deploy": "skipped"}


def test_the_commit_that_brought_the_model_may_be_older_than_the_version(works: Works) -> None:
    brought = works.git("rev-parse", "HEAD")
    (works.root / "README.md").write_text("words\n", encoding="utf-8")
    works.commit("words")
    works.register("v1.0.0")
    assert model_commit(works.project, request()) == brought
    assert model_commit(works.project, request(version="v9.0.0")) == ""
    assert promote_quietly(works.project, brought, "v1.0.0")


def test_one_comment_for_each_model_and_stage() -> None:
    names = {
        watermark_of(request(**each)).name
        for each in ({}, {"version": "v2.0.0"}, {"stage": "production"}, {"artifact": "projects/moles:classifier"})
    }
    assert len(names) == 3
    assert all(name.startswith("winnow release ") for name in names)


@pytest.mark.slow
def test_the_pull_request_is_told_and_told_anew(works: Works, server: "GitHubServer") -> None:
    bare = works.folder / "git" / "rice" / "leaves.git"
    bare.parent.mkdir(parents=True)
    (works.folder / "origin.git").rename(bare)
    repository = server.github.add_repository("rice/leaves", git=bare)
    sha = works.git("rev-parse", "HEAD")
    pull = server.github.add_pull(repository, "main")
    pull.state, pull.merge_sha = "closed", sha
    token = server.github.add_token("tell", repository, contents="read", pull_requests="write")
    github = GitHub("rice/leaves", token.secret, server.api_url)
    assert find_pull(github, sha) is not None
    assert find_pull(github, works.git("rev-parse", "HEAD~1")) is None
    for state in ("skipped", "success"):
        made = Story(request(), verification(), {}, {**RESULTS, "deploy": state})
        found = find_pull(github, sha)
        assert found is not None
        posted = tell(github, found, made, sha, {"PATH": str(Path("nowhere"))})
        assert posted is not None
    [comment] = repository.comments_on(pull.number)
    assert comment.body.startswith("### 🚀 Release of classifier@v1.0.0 to staging: it serves")
    assert "CML watermark winnow release classifier staging" in comment.body
