"""Git logs in with a job's token to the job's own server, and nowhere else."""

import base64

import pytest

from repository import call
from winnow.project import Project
from winnow.repository.git import call_git
from winnow.repository.login import login_variables

JOB = {"GITHUB_ACTIONS": "true", "GITHUB_TOKEN": "hush", "GITHUB_SERVER_URL": "https://github.example"}


def test_git_sends_the_token_to_the_jobs_server_only(project_root: Project) -> None:
    variables = login_variables(JOB)
    header = f"AUTHORIZATION: basic {base64.b64encode(b'x-access-token:hush').decode()}"
    for url, expected in (("https://github.example/rice/leaves", header), ("https://evil.example/rice", "")):
        done = call_git(project_root, "config", "--get-urlmatch", "http.extraheader", url, variables=variables)
        assert done.stdout.decode().strip() == expected


def test_what_is_configured_by_the_environment_already_stays(project_root: Project) -> None:
    before = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "ada"}
    variables = {**before, **login_variables({**JOB, **before})}
    assert call_git(project_root, "config", "user.name", variables=variables).stdout.decode().strip() == "ada"
    assert variables["GIT_CONFIG_COUNT"] == "2"


@pytest.mark.parametrize("missing", JOB)
def test_elsewhere_git_logs_in_as_it_always_does(missing: str) -> None:
    assert login_variables({name: value for name, value in JOB.items() if name != missing}) == {}
    assert login_variables({**JOB, "GITHUB_SERVER_URL": "http://github.example"}) == {}


@pytest.fixture
def project_root(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("login")
    call(root, "git", "init", "-q")
    return Project(root)
