"""`winnow models`: the table, and how long a thousand tags take."""

import json
import subprocess
import time
from collections.abc import Iterable, Iterator

import pytest
from registered import Workshop, entry_for, promote_quietly, tag_model

from repository import call, environment
from winnow.commands.models import age_text, list_models
from winnow.project import Project
from winnow.registry.entry import message_of
from winnow.registry.tags import read_tags
from winnow.verdict.account.words import UNKNOWN

NUM_TAGS = 1_500
AGAINST = {"version": "v1.0.0", "call": "better", "difference": {"value": 0.05, "low": 0.01, "high": 0.09}}


@pytest.fixture
def filled(shop: Workshop) -> Workshop:
    """Three versions: in production, in staging with an override, and by hand."""
    old, new = shop.git("rev-parse", "HEAD~1", "HEAD").split()
    later = shop.commit()
    tag_model(shop.project, entry_for(old, "v1.0.0", latency_p95_ms=1.25))
    override = {"reason": "because", "by": "ada", "refusals": ["worse"]}
    tag_model(shop.project, entry_for(new, "v1.1.0", against=AGAINST, override=override))
    call(shop.root, "git", "tag", "-a", "-m", "by hand", "classifier@v1.2.0", later)
    promote_quietly(shop.project, old, "v1.0.0")
    promote_quietly(shop.project, new, "v1.1.0", "staging")
    return shop


def test_the_table_says_where_how_good_how_large_and_how_old(filled: Workshop) -> None:
    lines = list_models(filled.project).lines()
    rows = {line.split()[0]: " ".join(line.split()) for line in lines[2:]}
    assert list(rows) == ["v1.2.0", "v1.1.0", "v1.0.0"]
    assert rows["v1.0.0"].startswith(f"v1.0.0 production accuracy 0.900 [0.800, 0.950] {UNKNOWN} 2 bytes 1.2 ms")
    assert "staging accuracy 0.900 [0.800, 0.950] better than v1.0.0 +5.0 [+1.0, +9.0]" in rows["v1.1.0"]
    assert rows["v1.1.0"].endswith("overridden")
    assert rows["v1.2.0"].endswith("no record")


def test_programs_get_every_record(filled: Workshop) -> None:
    records = json.loads(json.dumps(list_models(filled.project).records()))
    assert [record["version"] for record in records] == ["v1.2.0", "v1.1.0", "v1.0.0"]
    assert records[0]["record"] is None
    assert "carries no record" in records[0]["problem"]
    assert records[1]["record"]["override"]["reason"] == "because"
    assert (records[2]["stages"], records[2]["by"]) == (["production"], "ada")


def test_nothing_registered_says_what_to_do(shop: Workshop) -> None:
    assert list_models(shop.project).lines() == ["no version of classifier is registered: winnow register"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "now"), (90, "1 min"), (7_200, "2 h"), (3 * 86_400, "3 d"), (70 * 86_400, "2 mo"), (800 * 86_400, "2 y")],
)
def test_an_age_has_one_unit(seconds: int, text: str) -> None:
    assert age_text(seconds) == text


def fast_import(project: Project, chunks: Iterable[str]) -> None:
    stream = "".join(chunks).encode()
    subprocess.run(["git", "fast-import", "--quiet"], cwd=project.root, env=environment(), input=stream, check=True)


def commits(tree: str) -> Iterator[str]:
    for number in range(1, NUM_TAGS // 2 + 1):
        yield f"commit refs/heads/many\ncommitter a <a@b> {number} +0000\ndata 1\nx\nM 040000 {tree} \n\n"


def tags(commits: list[str]) -> Iterator[str]:
    """Yield a version of every commit, each assigned to a stage."""
    start = int(time.time()) - 86_400
    for number, commit in enumerate(commits):
        version, stage = f"v1.{number}.0", ("staging", "production")[number % 2]
        register = entry_for(commit, version, against=AGAINST)
        assign = entry_for(commit, version, action="promote", stage=stage, against=AGAINST)
        for ref, entry in ((f"classifier@{version}", register), (f"classifier#{stage}#{number + 1}", assign)):
            message = message_of(entry)
            who = f"tagger ada <ada@example.org> {start + number} +0000"
            yield f"tag {ref}\nfrom {commit}\n{who}\ndata {len(message.encode())}\n{message}\n"


@pytest.mark.slow
def test_many_tags_are_read_in_a_moment(shop: Workshop) -> None:
    fast_import(shop.project, commits(shop.git("rev-parse", "HEAD^{tree}")))
    fast_import(shop.project, tags(shop.git("rev-list", "--reverse", "many").split()))
    assert len(read_tags(shop.project)) == NUM_TAGS
    start = time.process_time()
    result = list_models(shop.project)
    lines = result.lines()
    # Of this process: what others do on the machine is not our cost. Starting Python takes a part of the 2 s, too.
    assert time.process_time() - start < 1.0
    assert len(result.models) == NUM_TAGS // 2
    assert result.models[0].stages == ["production"]
    assert lines[-1] == "and 730 more: --json lists them all"


def test_a_record_of_somebody_elses_making_cannot_act_on_the_terminal(shop: Workshop) -> None:
    commit, evil = shop.git("rev-parse", "HEAD"), "\x1b]0;evil\x07"
    against = {**AGAINST, "version": evil}
    tag_model(shop.project, entry_for(commit, metric=evil, reason=evil, against=against))
    assert all(line.isprintable() for line in list_models(shop.project).lines())
