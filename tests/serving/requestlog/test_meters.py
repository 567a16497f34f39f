import logging

import pytest
from prometheus_client import CollectorRegistry

from winnow.serving.requestlog import meters as module
from winnow.serving.requestlog.meters import Meters


def test_a_broken_target_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(module.logger, "propagate", True)
    meters = Meters(CollectorRegistry())
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            meters.complain("it is down: %s", ConnectionError("no\nsecret second line"))
        meters.complain("something else: %s", OSError())
        now[0] += 61
        meters.complain("it is down: %s", ConnectionError("no"))
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "it is down: ConnectionError: no",
        "something else: OSError: OSError",
        "it is down: ConnectionError: no",
    ]
