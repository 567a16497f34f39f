from typing import Any

import pytest
from pydantic import ValidationError
from sample_verdicts import better

from winnow.gate_config import GateConfig
from winnow.verdict.judging.gates import gate_ids
from winnow.verdict.record.context import Gate, Provenance, Side
from winnow.verdict.rules import documented

GATE: dict[str, Any] = {
    "level": "required",
    "rule": "better",
    "limit": None,
    "base": None,
    "head": None,
    "result": "pass",
    "note": "",
    "waiver": None,
}


@pytest.mark.parametrize("name", ["", "Primary", "a b", "floor:acc|uracy", "x" * 201, "a\nb", ":", "@team"])
def test_the_id_of_a_gate_is_a_plain_word(name: str) -> None:
    with pytest.raises(ValidationError, match="id"):
        Gate(id=name, **GATE)


def test_every_gate_that_params_can_ask_for_has_such_an_id() -> None:
    names = ["site", "Ort & Stelle", "\u0441\u0430\u0439\u0442", "", "|@team", "x" * 500]
    config = documented(GateConfig).model_copy(update={"subgroup_columns": names})
    ids = gate_ids(config)
    assert [Gate(id=name, **GATE).id for name in ids] == ids
    assert len(set(ids)) == len(ids) == 4 + len(names)


@pytest.mark.parametrize("commit", ["main", "1f3a9c", "G" * 40, "a" * 65, "--all"])
def test_a_commit_is_written_in_full(commit: str) -> None:
    for length in (40, 64):
        assert Side(name="main", commit="a" * length, source="git").commit == "a" * length
    with pytest.raises(ValidationError, match="commit"):
        Side(name="main", commit=commit, source="git")
    with pytest.raises(ValidationError, match="merge_base"):
        Provenance.model_validate({**better().provenance.model_dump(), "merge_base": commit})
