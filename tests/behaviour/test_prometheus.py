"""deploy/prometheus: rules about what the service really tells, alerts that are explained, and promtool's own tests."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML
from starlette.testclient import TestClient
from tiny_onnx import about, save_means

from winnow.serving.app import create_app
from winnow.serving.source import find_source

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
SELECTOR = re.compile(r"\b(winnow_[a-z_]+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'([a-z_]+)(=~|=)"([^"]*)"')
RECORDED = re.compile(r"\bwinnow:[a-z0-9_]+:[a-z0-9_]+")
Series = list[tuple[str, dict[str, str]]]


def rules(name: str) -> Iterator[dict[str, Any]]:
    for group in YAML(typ="safe", pure=True).load((FOLDER / name).read_text(encoding="utf-8"))["groups"]:
        yield from group["rules"]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Series:
    """What a service tells that was asked once, and once in vain."""
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    save_means(path, np.eye(3).tolist(), about(["red", "green", "blue"]).to_metadata())
    with TestClient(create_app(lambda _: find_source(path))) as client:
        while client.get("/readyz").status_code != 200:
            pass
        picture = (ROOT / "tests" / "serving" / "conftest.py").read_bytes()
        assert client.post("/v1/predict", content=picture).status_code == 415
        text = client.get("/metrics").text
    families = text_string_to_metric_families(text)
    return [(sample.name, dict(sample.labels)) for family in families for sample in family.samples]


def matches(labels: dict[str, str], matchers: str) -> bool:
    tests = {"=": lambda value, text: value == text, "=~": lambda value, text: re.fullmatch(text, value) is not None}
    return all(tests[sign](labels.get(name, ""), text) for name, sign, text in MATCHER.findall(matchers))


def test_every_series_that_a_rule_reads_is_told_by_the_service(told: Series) -> None:
    read = {
        found
        for name in ("rules.yaml", "alerts.yaml")
        for each in rules(name)
        for found in SELECTOR.findall(each["expr"])
    }
    assert len(read) > 10
    missing = [
        (name, wanted)
        for name, wanted in read
        if not any(each == name and matches(labels, wanted) for each, labels in told)
    ]
    assert missing == []


def test_a_typing_mistake_in_a_rule_would_be_found(told: Series) -> None:
    assert not any(
        matches(labels, 'route="/v1/predict", status=~"6.."')
        for name, labels in told
        if name == "winnow_requests_total"
    )
    assert any(
        matches(labels, 'route="/v1/predict", status=~"5.."')
        for name, labels in told
        if name == "winnow_requests_total"
    )


def test_every_recorded_name_that_is_used_is_recorded_once() -> None:
    recorded = [each["record"] for each in rules("rules.yaml")]
    used = {name for each in [*rules("rules.yaml"), *rules("alerts.yaml")] for name in RECORDED.findall(each["expr"])}
    assert used <= set(recorded)
    assert len(recorded) == len(set(recorded))


def test_every_alert_says_how_urgent_it_is_what_happened_and_where_to_read_on() -> None:
    page = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    alerts = list(rules("alerts.yaml"))
    assert len(alerts) > 8
    for alert in alerts:
        assert alert["labels"]["severity"] in {"page", "ticket", "info"}
        assert alert["annotations"].keys() == {"summary", "description", "runbook"}
        place, _, heading = alert["annotations"]["runbook"].partition(", ")
        assert f"## {heading}" in (ROOT / place).read_text(encoding="utf-8")
        assert f"`{alert['alert']}`" in page


@pytest.mark.parametrize("words", [("check", "rules", "rules.yaml", "alerts.yaml"), ("test", "rules", "tests.yaml")])
def test_promtool_agrees(words: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool (Debian: prometheus) is not installed")
    run = subprocess.run([promtool, *words], cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
