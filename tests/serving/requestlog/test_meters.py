import pytest
from prometheus_client import CollectorRegistry

from winnow.serving.requestlog import meters as module
from winnow.serving.requestlog.meters import Meters


def test_a_broken_target_does_not_fill_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    now, said = [100.0], []
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr("winnow.logs.logger.warning", lambda text, reason: said.append(text % reason))
    meters = Meters(CollectorRegistry())
    for _ in range(100):
        meters.complain("it is down: %s", ConnectionError("no\nsecret second line"))
    meters.complain("something else: %s", OSError())
    now[0] += 61
    meters.complain("it is down: %s", ConnectionError("no"))
    assert said == [
        "it is down: ConnectionError: no",
        "something else: OSError: OSError",
        "it is down: ConnectionError: no",
    ]
