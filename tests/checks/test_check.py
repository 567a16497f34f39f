from collections.abc import Callable, Iterator

import pyarrow as pa

from winnow.checks.check import Check, Message, OpinionCheck, listed, names, plural, single
from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.findings import MAX_EXAMPLES, Example, Finding
from winnow.checks.opinions import Opinions


class TooMany(Check):
    """There are more images than `checks.min_images`."""

    id, severity, hint = "D999", "info", "leave some out"

    def messages(self, facts: Facts) -> Iterator[Message]:
        if len(facts.index) > self.config.min_images:
            yield f"more than {self.config.min_images}", [Example((f"{at}",)) for at in range(len(facts.index))]


def test_a_check_turns_its_messages_into_findings_with_a_few_examples(
    facts: Callable[..., Facts], config: Callable[..., ChecksConfig]
) -> None:
    (finding,) = TooMany(config(min_images=20)).find(facts(("oak", "train", 30)))
    shown = [Example((f"{at}",)) for at in range(MAX_EXAMPLES)]
    assert finding == Finding("D999", "info", "more than 20", "leave some out", shown)
    assert list(TooMany(config(min_images=30)).find(facts(("oak", "train", 30)))) == []


class Disagreement(OpinionCheck):
    """The model saw images that are gone."""

    id, severity, hint = "D998", "info", "dvc repro"

    def messages_of(self, opinions: Opinions) -> Iterator[Message]:
        yield f"{opinions.num_gone} gone", []


def test_a_check_of_opinions_is_handed_them_and_says_what_it_needs(
    facts: Callable[..., Facts], config: Callable[..., ChecksConfig]
) -> None:
    known = facts(("oak", "train", 1), opinions=Opinions(num_judged=3, num_gone=2))
    assert [finding.message for finding in Disagreement(config()).find(known)] == ["2 gone"]
    assert Disagreement.needs == "opinions"


def test_many_names_are_not_all_written_out() -> None:
    assert names(["b", "a"]) == "'b', 'a'"
    assert names([f"class {number:02}" for number in range(20)]).endswith("'class 07' and 12 more")
    assert listed(["a 1", "b 2"]) == "a 1, b 2"


def test_ids_become_single_examples() -> None:
    ids = pa.chunked_array([[f"{at}" for at in range(7)], [f"{at}" for at in range(7, 14)]])
    assert single(ids) == [Example((f"{at}",)) for at in range(MAX_EXAMPLES)]
    assert single(pa.array([], pa.string())) == []


def test_counts_agree_with_their_words() -> None:
    assert (plural(1, "image"), plural(2000, "image"), plural(0, "image")) == ("1 image", "2,000 images", "0 images")
