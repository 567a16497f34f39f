import pytest

from winnow.training.selection import best_epoch, is_exhausted


def rows(*pairs: tuple[float, float]) -> list[dict[str, float]]:
    return [{"val/accuracy": accuracy, "val/loss": loss} for accuracy, loss in pairs]


def test_the_highest_accuracy_wins() -> None:
    assert best_epoch(rows((0.5, 1.0), (0.9, 3.0), (0.7, 0.1)), "val_accuracy") == 1


def test_equal_accuracy_is_decided_by_the_lower_loss() -> None:
    assert best_epoch(rows((0.9, 0.5), (0.9, 0.3), (0.9, 0.4)), "val_accuracy") == 1


def test_of_true_equals_the_earliest_wins() -> None:
    assert best_epoch(rows((0.9, 0.3), (0.9, 0.3)), "val_accuracy") == 0
    assert best_epoch(rows((0.1, 0.3), (0.9, 0.3)), "val_loss") == 0


def test_the_lowest_loss_wins_when_asked() -> None:
    assert best_epoch(rows((0.9, 0.5), (0.1, 0.2)), "val_loss") == 1


def test_last_needs_no_validation() -> None:
    assert best_epoch([{"train/loss": 1.0}, {"train/loss": 2.0}], "last") == 1


@pytest.mark.parametrize(("patience", "expected"), [(None, False), (3, False), (2, True), (1, True)])
def test_patience_counts_epochs_since_the_best(patience: int | None, expected: bool) -> None:
    history = rows((0.5, 1.0), (0.9, 0.2), (0.8, 0.2), (0.9, 0.3))
    assert is_exhausted(history, "val_accuracy", patience) is expected


def test_nothing_is_exhausted_before_it_began() -> None:
    assert not is_exhausted([], "val_accuracy", 1)
