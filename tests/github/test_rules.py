from github_records import Repository

from winnow.github.client import GitHub
from winnow.github.rules import RequiredCheck, required_checks


def test_what_rulesets_require_of_a_branch(repository: Repository, github: GitHub) -> None:
    assert required_checks(github, "main") == []
    repository.required_checks["release/1"] = {"ci": 15368, "lock": None}
    assert required_checks(github, "release/1") == [RequiredCheck("ci", 15368), RequiredCheck("lock", None)]
    assert required_checks(github, "main") == []
