from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from winnow.training.config import TrainConfig

MakeConfig = Callable[..., TrainConfig]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"early_stop_epochs": 3, "select": "last"}, "early_stop_epochs needs `select: val_accuracy`"),
        ({"schedule__warmup_epochs": 4.0}, r"warmup_epochs must not exceed epochs \(3\)"),
        ({"batch_size": 1}, "greater than or equal to 2"),
        ({"optimizer__lr": 0.0}, "greater than 0"),
        ({"ema_decay": 1.0}, "less than 1"),
        ({"device": "tpu"}, "'auto', 'cpu', 'cuda' or 'mps'"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, Any], message: str, config: MakeConfig) -> None:
    with pytest.raises(ValidationError, match=message):
        config(**changes)


def test_what_is_at_the_edge_of_working_is_accepted(config: MakeConfig) -> None:
    assert config(schedule__warmup_epochs=3.0).schedule.warmup_epochs == 3.0
    assert config(early_stop_epochs=1, select="val_loss").early_stop_epochs == 1
    assert config(ema_decay=None, optimizer__clip_norm=None, checkpoint_every_s=0.0).ema_decay is None
