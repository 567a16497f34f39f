import numpy as np
import pytest

from winnow.stats.groups import Groups, group_samples, independent


def test_samples_of_one_name_are_one_group_and_nameless_ones_stand_alone() -> None:
    groups = group_samples(["b", "", "a", "b", ""])
    assert groups.count == 4
    assert groups.repeat
    assert groups.codes[0] == groups.codes[3]
    assert len(set(groups.codes.tolist())) == 4


def test_names_that_occur_once_do_not_repeat() -> None:
    assert not group_samples(["a", "b", "", ""]).repeat
    assert not independent(3).repeat


def test_no_samples_are_no_groups() -> None:
    assert group_samples([]) == Groups(pytest.approx(np.empty(0)), 0)


def test_the_order_of_the_names_does_not_matter() -> None:
    values = np.array([1.0, 4.0, 2.0, 8.0])
    one = group_samples(["x", "y", "x", "z"]).variance_of_mean(values)
    other = group_samples(["b", "c", "b", "a"]).variance_of_mean(values)
    assert one == pytest.approx(other)


def test_variance_of_independent_samples_is_the_textbooks() -> None:
    values = np.random.default_rng(0).normal(size=30)
    assert independent(30).variance_of_mean(values) == pytest.approx(values.var(ddof=1) / 30)


def test_copies_of_a_sample_in_its_group_add_no_certainty() -> None:
    values = np.random.default_rng(1).normal(size=20)
    once = independent(20).variance_of_mean(values)
    tenfold = Groups(np.repeat(np.arange(20), 10), 20).variance_of_mean(np.repeat(values, 10))
    assert tenfold == pytest.approx(once)


def test_one_group_has_no_variance() -> None:
    assert np.isnan(group_samples(["a", "a"]).variance_of_mean(np.array([0.0, 1.0])))


def test_some_of_the_samples_have_groups_coded_anew() -> None:
    some = group_samples(["a", "b", "a", "c"]).of(np.array([False, True, False, True]))
    assert some.count == 2
    assert not some.repeat
    assert sorted(some.codes.tolist()) == [0, 1]
