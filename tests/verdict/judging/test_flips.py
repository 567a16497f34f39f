from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from winnow.stats.groups import group_samples, independent
from winnow.stats.mcnemar import exact_power
from winnow.verdict.judging.case import Case, Judging
from winnow.verdict.judging.flips import MAX_CONFUSIONS, confusions, effective_size, flips, paired_counts
from winnow.verdict.record.evidence import MAX_FLIPS
from winnow.verdict.sides.alignment import Pair

MakePair, MakeJudging = Callable[..., Pair], Callable[..., Judging]
MakeAnswers = Callable[..., NDArray[np.int64]]


def test_the_table_counts_every_image_once(make_pair: MakePair, make_judging: MakeJudging) -> None:
    case = Case(make_pair([0, 0, 0, 0, 0], [0, 1, 0, 1, 1], [0, 0, 2, 2, 1]), make_judging())
    paired = paired_counts(case)
    assert (paired.both_right, paired.fixed, paired.broken, paired.both_wrong) == (1, 1, 1, 2)
    assert paired.churn == 3


def test_what_could_have_been_found_is_found_that_often(
    make_pair: MakePair, make_judging: MakeJudging, make_answers: MakeAnswers
) -> None:
    targets = np.arange(1000) % 3
    pair = make_pair(targets, make_answers(targets, 0.9, 3, 0), make_answers(targets, 0.9, 3, 1))
    found = paired_counts(Case(pair, make_judging(power=0.9))).detectable
    assert found.power == 0.9
    assert exact_power(1000, found.disagreement, found.difference, 0.05) == pytest.approx(0.9, abs=1e-6)
    assert found.num_net_flips == np.ceil(1000 * found.difference)


def test_groups_find_less_than_as_many_images(
    make_pair: MakePair, make_judging: MakeJudging, make_answers: MakeAnswers
) -> None:
    once = np.arange(200) % 3
    five = np.repeat(np.arange(200), 5)
    answers = [make_answers(once, 0.9, 3, seed)[five] for seed in (0, 1)]
    alone = paired_counts(Case(make_pair(once[five], *answers), make_judging())).detectable
    names = [f"g{code}" for code in five]
    shared = paired_counts(Case(make_pair(once[five], *answers, groups=names), make_judging())).detectable
    assert shared.difference > 1.5 * alone.difference


@pytest.mark.parametrize("head", [0, 1])
def test_one_image_finds_nothing(make_pair: MakePair, make_judging: MakeJudging, head: int) -> None:
    found = paired_counts(Case(make_pair([0], [0], [head]), make_judging())).detectable
    assert (found.difference, found.num_net_flips, found.disagreement) == (None, None, 1.0)


def test_identical_models_assume_one_image(make_pair: MakePair, make_judging: MakeJudging) -> None:
    targets = np.zeros(50, dtype=np.int64)
    found = paired_counts(Case(make_pair(targets, targets, targets), make_judging())).detectable
    assert (found.disagreement, found.difference) == (0.02, None)


def test_an_effective_size_is_the_number_of_witnesses() -> None:
    five = np.repeat(np.arange(100), 5)
    names = group_samples([str(code) for code in five])
    varied = np.random.default_rng(0).normal(size=100)
    assert effective_size(varied[five], names) == pytest.approx(100, rel=0.02)
    assert effective_size(np.zeros(500), names) == pytest.approx(100)
    assert effective_size(np.ones(7), independent(7)) == 7


def test_the_most_confident_mistake_comes_first(make_pair: MakePair, make_judging: MakeJudging) -> None:
    base = np.array([[0.1, 0.9, 0], [0.4, 0.6, 0], [0.9, 0.1, 0], [0.6, 0.4, 0], [0.0, 0.0, 1.0]])
    head = np.array([[0.8, 0.2, 0], [0.7, 0.3, 0], [0.4, 0.6, 0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    found = flips(Case(make_pair([0, 0, 0, 0, 0], base, head), make_judging()))
    assert [int(flip.id, 16) for flip in found.fixed] == [0, 1]
    assert [int(flip.id, 16) for flip in found.broken] == [3, 2]
    assert found.broken[0].model_dump() == {
        "id": f"{3:020x}",
        "label": "class 00000",
        "base": "class 00000",
        "head": "class 00002",
        "base_confidence": 0.6,
        "head_confidence": 1.0,
    }


def test_no_image_is_named_where_only_sums_may_be_shown(make_pair: MakePair, make_judging: MakeJudging) -> None:
    case = Case(make_pair([0, 0], [0, 1], [1, 0]), make_judging(disclose="aggregate"))
    assert flips(case).model_dump() == {"fixed": [], "broken": []}


def test_flips_and_ids_are_bounded(make_pair: MakePair, make_judging: MakeJudging) -> None:
    num = MAX_FLIPS + 5
    pair = make_pair([0] * num, [0] * num, [1] * num)
    long = pair.head.table.set_column(0, "id", [[f"{'x' * 300}{number}" for number in range(num)]])
    for side in (pair.base, pair.head):
        object.__setattr__(side, "table", long)
    found = flips(Case(pair, make_judging()))
    assert (len(found.broken), len(found.fixed)) == (MAX_FLIPS, 0)
    assert {len(flip.id) for flip in found.broken} == {200}
    assert found.broken[7].id.endswith("x7")


def test_confusions_gained_and_lost_are_told_largest_first(make_pair: MakePair, make_judging: MakeJudging) -> None:
    targets = [0, 0, 0, 1, 1, 2]
    base = [1, 0, 0, 2, 2, 2]
    head = [2, 2, 1, 1, 1, 1]
    found = confusions(Case(make_pair(targets, base, head), make_judging()))
    gained = [(each.actual[-1], each.predicted[-1], each.base, each.head) for each in found.gained]
    lost = [(each.actual[-1], each.predicted[-1], each.base, each.head) for each in found.lost]
    assert gained == [("0", "2", 0, 2), ("2", "1", 0, 1)]
    assert lost == [("1", "2", 2, 0)]


def test_only_so_many_confusions_are_told(make_pair: MakePair, make_judging: MakeJudging) -> None:
    targets = np.arange(50)
    pair = make_pair(targets, targets, (targets + 1) % 50, num_classes=50)
    found = confusions(Case(pair, make_judging()))
    assert (len(found.gained), found.lost) == (MAX_CONFUSIONS, [])


def test_two_perfect_models_confuse_nothing(make_pair: MakePair, make_judging: MakeJudging) -> None:
    found = confusions(Case(make_pair([0, 1], [0, 1], [0, 1]), make_judging()))
    assert (found.gained, found.lost) == ([], [])
