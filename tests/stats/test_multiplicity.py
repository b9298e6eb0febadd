"""Adjusted p-values against the published example, another implementation and their own guarantees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitprop.stats.multiplicity import benjamini_hochberg, bonferroni, holm, selective

BH_1995 = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]
"""The 15 p-values of Benjamini and Hochberg 1995, section 3.2."""

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_the_published_example_gives_the_published_adjusted_values():
    adjusted = benjamini_hochberg(BH_1995)
    assert adjusted[:6] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.0638571], abs=5e-7)


def test_in_the_published_example_bh_rejects_four_where_bonferroni_rejects_three():
    assert int(np.sum(benjamini_hochberg(BH_1995) <= 0.05)) == 4
    assert int(np.sum(bonferroni(BH_1995) <= 0.05)) == 3
    assert int(np.sum(holm(BH_1995) <= 0.05)) == 3


@pytest.mark.parametrize(
    ("ours", "theirs"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh"), (bonferroni, "bonferroni")]
)
def test_they_agree_with_statsmodels_on_values_with_ties_and_in_any_order(ours, theirs):
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(20)
    for n in (1, 2, 7, 40):
        p = rng.choice([0.0, 0.001, 0.01, 0.02, 0.2, 0.5, 1.0], size=n)
        assert ours(p) == pytest.approx(multipletests(p, method=theirs)[1], abs=1e-15)


@settings(deadline=None)
@given(p_values)
def test_adjusting_never_lowers_a_p_value_and_keeps_the_order(p):
    raw = np.array(p)
    for adjust in (holm, benjamini_hochberg, bonferroni):
        adjusted = adjust(raw)
        assert np.all(adjusted >= raw - 1e-15)
        assert np.all(np.diff(adjusted[np.argsort(raw, kind="stable")]) >= 0)
    assert np.all(benjamini_hochberg(raw) <= holm(raw) + 1e-15)
    assert np.all(holm(raw) <= bonferroni(raw) + 1e-15)


@settings(deadline=None)
@given(p_values)
def test_groups_of_one_test_are_plain_benjamini_hochberg(p):
    singles = selective([[value] for value in p])
    assert [float(q[0]) for q in singles] == pytest.approx(list(benjamini_hochberg(p)), abs=1e-12)


@settings(deadline=None)
@given(p_values)
def test_one_group_alone_is_plain_holm(p):
    assert selective([p])[0] == pytest.approx(holm(p), abs=1e-12)


def test_the_q_value_is_the_smallest_level_at_which_the_two_stages_reject():
    groups = [[0.001, 0.04, 0.5], [0.012, 0.03], [0.2], [0.9, 0.6]]
    q_values = selective(groups)
    heads = np.array([holm(g).min() for g in groups])
    for group, q_group in zip(groups, q_values, strict=True):
        for h, q in zip(holm(group), q_group, strict=True):

            def rejected(level: float, h: float = h) -> bool:
                r = int(np.sum(benjamini_hochberg(heads) <= level))
                return bool(h <= r * level / len(groups) + 1e-15)

            assert rejected(q + 1e-9) or q == 1.0
            assert not rejected(q - 1e-6)


def test_a_metric_without_tests_neither_counts_nor_fails():
    q_values = selective([[0.01], [], [0.5]])
    assert [len(q) for q in q_values] == [1, 0, 1]
    assert q_values[0][0] == pytest.approx(0.02)


def test_no_tests_at_all_give_no_values():
    assert selective([]) == ()
    assert len(holm([])) == 0
    assert [len(q) for q in selective([[], []])] == [0, 0]


@pytest.mark.parametrize("bad", [[0.1, float("nan")], [-0.01], [1.01]])
def test_what_is_not_a_p_value_is_refused(bad):
    for adjust in (holm, benjamini_hochberg, bonferroni):
        with pytest.raises(ValueError, match="between 0 and 1"):
            adjust(bad)


def test_of_forty_honest_metrics_with_three_tests_any_is_suspected_at_most_as_often_as_declared():
    rng = np.random.default_rng(5)
    draws, level = 2000, 0.10
    alarms = sum(
        any(bool(np.any(q <= level)) for q in selective(list(rng.uniform(size=(40, 3))))) for _ in range(draws)
    )
    # 99.9 % upper quantile of Binomial(2000, 0.10): 242
    assert alarms <= 242
