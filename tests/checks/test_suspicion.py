from collections.abc import Callable

from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.opinions import Doubt, Opinions
from winnow.checks.suspicion import LabelErrors, StalePredictions

MakeFacts = Callable[..., Facts]
MakeConfig = Callable[..., ChecksConfig]


def test_doubtful_labels_are_counted_and_shown_in_their_order(facts: MakeFacts, config: MakeConfig) -> None:
    doubts = [Doubt(f"{at:020x}", "oak", "ash", 0.97, 0.01) for at in range(30, 0, -1)]
    known = facts(("oak", "test", 1), opinions=Opinions(num_judged=1200, doubts=doubts))
    (finding,) = LabelErrors(config()).find(known)
    assert finding.message == "30 labels of 1,200 (2.5%) may be wrong"
    assert len(finding.examples) == 10
    assert finding.examples[0].ids == (f"{30:020x}",)
    assert finding.examples[0].note == "labelled 'oak', looks like 'ash' (0.97)"


def test_without_doubts_nothing_is_said(facts: MakeFacts, config: MakeConfig) -> None:
    known = facts(("oak", "test", 1), opinions=Opinions(num_judged=10))
    assert list(LabelErrors(config()).find(known)) == []
    assert list(StalePredictions(config()).find(known)) == []


def test_predictions_of_other_data_are_said_to_be_stale(facts: MakeFacts, config: MakeConfig) -> None:
    known = facts(("oak", "test", 1), opinions=Opinions(num_judged=10, num_gone=1, num_new=2000))
    (finding,) = StalePredictions(config()).find(known)
    assert finding.severity == "info"
    assert finding.message == "the predictions are stale: 1 image gone since, 2,000 images without prediction"
