"""Digits, whole percentages, smoothness and copies: same answer however the data are written, and no answer from
nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from pitprop.define.metric import Target
from pitprop.digest.distribution import Distribution
from pitprop.digest.panel import Measure, Panel
from pitprop.examine.distorted_data import digits, duplicates, integer_share, smoothness
from pitprop.examine.distorted_data.integer_share import ratio_panel
from pitprop.examine.distribution_specimen import tally
from pitprop.examine.finding import Finding, State
from pitprop.examine.panel_specimen import panel_specimen

PANEL_CHECKS = (integer_share, smoothness, duplicates)
ALL = (digits, *PANEL_CHECKS)
SPECIMENS = [(m, s) for m in ALL for s in (*m.CHECK.clear, *m.CHECK.suspect)]
PANEL_SPECIMENS = [(m, s) for m, s in SPECIMENS if m is not digits]


def name(case: object) -> str:
    return getattr(case, "__name__", str(case)).rsplit(".", 1)[-1]


def same(one: Finding, two: Finding) -> None:
    assert one.state is two.state
    assert one.effect == pytest.approx(two.effect, abs=1e-9)
    assert one.p_value == pytest.approx(two.p_value, abs=1e-9)
    if one.interval is not None and two.interval is not None:
        assert one.interval == pytest.approx(two.interval, abs=1e-9)


def shuffled(measure: Measure, order: np.ndarray) -> Measure:
    arrays = {f: getattr(measure, f)[order] for f in ("n", "x", "xx", "w", "ww", "xw")}
    return replace(measure, **arrays)


def permuted(panel: Panel, order: np.ndarray) -> Panel:
    return replace(
        panel,
        entity=panel.entity[order],
        period=panel.period[order],
        metric=shuffled(panel.metric, order),
        exempt=panel.exempt[order],
        target=panel.target[order],
    )


@pytest.mark.parametrize(("module", "specimen"), PANEL_SPECIMENS, ids=name)
def test_the_order_of_cells_and_the_names_of_entities_change_nothing(module, specimen) -> None:
    panel, brief = specimen(np.random.default_rng(11))
    first = module.run(panel, brief)
    rng = np.random.default_rng(12)
    same(first, module.run(permuted(panel, rng.permutation(len(panel.entity))), brief))
    new = rng.permutation(len(panel.entities))
    same(first, module.run(replace(panel, entity=new[panel.entity]), brief))


@pytest.mark.parametrize("specimen", (*digits.CHECK.clear, *digits.CHECK.suspect), ids=name)
def test_digits_of_values_in_another_unit_are_the_same(specimen) -> None:
    found, brief = specimen(np.random.default_rng(13))
    first = digits.run(found, brief)
    target = Target(op="gte", value=7000.0, stakes="bonus")
    thousands = replace(brief, metric=brief.metric.model_copy(update={"targets": (target,)}))
    same(first, digits.run(replace(found, step=found.step * 1000), thousands))
    finer = replace(found, step=found.step / 1000, k=found.k * 1000)
    same(first, digits.run(finer, brief))
    negative = replace(
        found, k=-found.k[::-1], under=found.under[::-1], without=found.without[::-1], exempt=found.exempt[::-1]
    )
    same(first, digits.run(negative, brief))


@pytest.mark.parametrize("specimen", (*duplicates.CHECK.clear, *duplicates.CHECK.suspect), ids=name)
def test_copies_are_the_same_in_another_unit(specimen) -> None:
    panel, brief = specimen(np.random.default_rng(14))
    m = panel.metric
    scaled = replace(panel, metric=replace(m, x=m.x * 1000, xx=m.xx * 1e6, xw=m.xw * 1000))
    same(duplicates.run(panel, brief), duplicates.run(scaled, brief))


@pytest.mark.parametrize("specimen", (*integer_share.CHECK.clear, *integer_share.CHECK.suspect), ids=name)
def test_failures_in_place_of_successes_change_nothing(specimen) -> None:
    panel, brief = specimen(np.random.default_rng(15))
    m = panel.metric
    other = replace(panel, metric=replace(m, x=m.w - m.x, xx=(m.w - m.x) ** 2), target=1 - panel.target)
    same(integer_share.run(panel, brief), integer_share.run(other, brief))


@pytest.mark.parametrize(("module", "specimen"), SPECIMENS, ids=name)
def test_findings_are_json_and_accuse_nobody(module, specimen) -> None:
    finding = module.run(*specimen(np.random.default_rng(16)))
    json.dumps(dict(finding.data))
    words = " ".join([finding.says, *finding.innocent, *finding.ruled_out]).lower()
    assert not any(w in words for w in ("cheat", "fraud", "fake", "manipulat"))
    assert "unit 0" not in words
    if finding.state is State.SUSPECT:
        assert "pattern consistent with" in words
        assert finding.interval is not None
        assert finding.interval[0] > finding.beyond
        assert finding.p_value is not None
        assert finding.p_value < 0.05
    if finding.state is State.CLEAR:
        assert finding.interval is not None
        assert finding.interval[1] < finding.beyond
    if finding.state is State.INCONCLUSIVE:
        assert finding.needed


def empty_panel() -> Panel:
    panel, _ = panel_specimen(metric=np.full((2, 3), np.nan), others={}, since=1, smallest_effect=0.1)
    return panel


@pytest.mark.parametrize("module", PANEL_CHECKS, ids=name)
@pytest.mark.parametrize(
    "values",
    [
        np.full((20, 24), 7.0),
        np.zeros((20, 24)),
        np.full((3, 4), np.nan),
        np.array([[3.0]]),
        np.arange(6.0).reshape(1, 6),
        np.tile(np.arange(24.0), (20, 1)),
        np.tile([1.0, 2.0], (20, 12)),
    ],
    ids=["constant", "zeros", "nothing", "one cell", "six cells", "counters", "two values"],
)
def test_data_without_chance_in_them_give_no_verdict(module, values: np.ndarray) -> None:
    metric = np.asarray(values, dtype=float)
    panel, brief = panel_specimen(metric=metric, others={}, since=1, smallest_effect=module.CHECK.smallest_effect)
    assert module.run(panel, brief).state in (State.NOT_APPLICABLE, State.INCONCLUSIVE)
    whole = np.nan_to_num(metric).astype(np.int64)
    ratio, ratio_brief = ratio_panel(whole, 30 * (whole > 0))
    brief = replace(ratio_brief, smallest_effect=module.CHECK.smallest_effect)
    assert module.run(ratio, brief).state in (State.NOT_APPLICABLE, State.INCONCLUSIVE)
    share = replace(ratio, metric=replace(ratio.metric, agg="share", n=30 * (whole.ravel() > 0)))
    assert module.run(share, brief).state in (State.NOT_APPLICABLE, State.INCONCLUSIVE)
    n = whole.ravel()
    counted = Measure(agg="count", pivot=0.0, n=n, x=1.0 * n, xx=1.0 * n, w=1.0 * n, ww=1.0 * n, xw=1.0 * n)
    assert module.run(replace(panel, metric=counted), brief).state in (State.NOT_APPLICABLE, State.INCONCLUSIVE)


@pytest.mark.parametrize(
    "values", [np.full(500, 17.0), np.arange(5.0), np.empty(0), np.repeat([3.0, 4.0], 400), np.arange(300.0) * 10]
)
def test_values_without_last_digits_give_no_verdict(values: np.ndarray) -> None:
    _, brief = digits.CHECK.clear[0](np.random.default_rng(1))
    finding = digits.run(tally(values, "1"), brief)
    assert finding.state in (State.NOT_APPLICABLE, State.INCONCLUSIVE)


def test_ratios_and_values_off_the_grid_have_no_last_digit() -> None:
    found, brief = digits.CHECK.clear[0](np.random.default_rng(1))
    for other in (replace(found, exact=False), replace(found, relative=True)):
        assert digits.run(other, brief).state is State.NOT_APPLICABLE


def test_a_pile_next_to_the_target_is_no_habit() -> None:
    """A third of the values between 170 and 179 moved to 180 ... 184, where the target is."""
    rng = np.random.default_rng(17)
    values = np.floor(rng.normal(200, 30, 6000))
    moved = (values >= 170) & (values < 180) & (rng.random(6000) < 0.9)
    values[moved] = rng.integers(180, 185, int(moved.sum()))
    _, brief = digits.CHECK.clear[0](rng)
    at_target = replace(
        brief, metric=brief.metric.model_copy(update={"targets": (Target(op="gte", value=180.0, stakes="bonus"),)})
    )
    assert digits.run(tally(values, "1"), at_target).state is not State.SUSPECT


def test_missing_digits_are_taken_for_a_conversion() -> None:
    minutes = np.floor(np.random.default_rng(18).gamma(4, 30, 4000))
    _, brief = digits.CHECK.clear[0](np.random.default_rng(1))
    finding = digits.run(tally(np.floor(minutes * 100 / 60) / 100, "0.01"), brief)
    assert finding.state is State.NOT_APPLICABLE
    assert "conversion" in finding.says


def test_leading_digits_are_told_for_wide_values_only() -> None:
    rng = np.random.default_rng(19)
    _, brief = digits.CHECK.clear[0](rng)
    wide = digits.run(tally(np.floor(10 ** rng.uniform(1, 5, 4000)), "1"), brief)
    leading = wide.data["leading_digits"]
    assert leading["first"]["interval"][0] < 0 < leading["first"]["interval"][1]
    assert digits.run(tally(rng.normal(500, 50, 4000), "1"), brief).data["leading_digits"] == {}


def test_honest_values_far_from_benfords_law_are_not_suspected_for_it() -> None:
    rng = np.random.default_rng(20)
    _, brief = digits.CHECK.clear[0](rng)
    values = np.floor(np.where(rng.random(6000) < 0.9, rng.normal(700, 60, 6000), 10 ** rng.uniform(1, 5, 6000)))
    finding = digits.run(tally(np.abs(values), "1"), brief)
    assert finding.data["leading_digits"]["first"]["interval"][0] > 0.05
    assert finding.state is not State.SUSPECT


def test_whole_percentages_at_the_target_alone_do_not_count() -> None:
    rng = np.random.default_rng(21)
    n = rng.integers(1500, 4000, (40, 24))
    k = rng.binomial(n, rng.uniform(0.85, 0.99, (40, 24)))
    exact = rng.random((40, 24)) < 0.3
    k = np.where(exact, np.round(0.95 * n).astype(np.int64), k)
    assert integer_share.run(*ratio_panel(k, n)).state is not State.SUSPECT


def test_sums_of_zeros_and_ones_are_known_to_be_counts_and_tonnes_are_not() -> None:
    panel, brief = smoothness.steady_schedule(np.random.default_rng(22))
    n = np.full(len(panel.entity), 400)
    k = np.minimum(panel.metric.n, 400).astype(float)
    marks = Measure(agg="sum", pivot=0.0, n=n, x=k, xx=k, w=1.0 * n, ww=1.0 * n, xw=k)
    finding = smoothness.run(replace(panel, metric=marks), brief)
    assert finding.data["known_counts"]
    tonnes = replace(marks, n=np.ones_like(n), xx=k**2)
    assert smoothness.run(replace(panel, metric=tonnes), brief).state is State.NOT_APPLICABLE


def test_exempt_entities_are_the_better_comparison() -> None:
    rng = np.random.default_rng(23)
    panel, brief = smoothness.written_down(rng)
    exempt = panel.entity >= 25
    k = np.where(exempt, rng.poisson(40, len(exempt)), panel.metric.n)
    counted = replace(panel.metric, n=k, x=1.0 * k, xx=1.0 * k, w=1.0 * k, ww=1.0 * k, xw=1.0 * k)
    finding = smoothness.run(replace(panel, metric=counted, exempt=exempt), brief)
    assert (finding.state, finding.grade) == (State.SUSPECT, "B")
    assert "exempt" in finding.says


def test_declared_rationing_is_told_and_not_suspected() -> None:
    panel, brief = smoothness.rationed_clinic(np.random.default_rng(24))
    finding = smoothness.run(panel, brief)
    assert (finding.state, finding.grade) == (State.INCONCLUSIVE, "D")
    assert "rationed" in finding.says
    undeclared = replace(brief, metric=brief.metric.model_copy(update={"alternatives": ()}))
    assert "scheduled" in smoothness.run(panel, undeclared).says


def test_few_rows_may_well_stay_as_they_were() -> None:
    """Averages of three rows that repeat the period before say nothing; averages of thirty do."""
    panel, brief = duplicates.last_month_again(np.random.default_rng(25))
    few = replace(panel, metric=replace(panel.metric, n=np.full(len(panel.entity), 3)))
    assert duplicates.run(panel, brief).state is State.SUSPECT
    assert duplicates.run(few, brief).state is State.NOT_APPLICABLE


def test_distributions_keep_their_declared_resolution() -> None:
    rng = np.random.default_rng(26)
    values = np.floor(rng.normal(200, 30, 3000)) + 0.25 * (rng.random(3000) < 0.02)
    found: Distribution = tally(values, "0.01")
    _, brief = digits.CHECK.clear[0](rng)
    read = replace(brief, metric=brief.metric.model_copy(update={"resolution": 1.0}))
    assert digits.run(found, brief).state is State.NOT_APPLICABLE
    finding = digits.run(found, read)
    assert finding.n > 2900
    assert found.step == Fraction(1, 100)


def test_prices_that_end_in_nine_are_told_as_a_custom() -> None:
    finding = digits.run(*digits.prices(np.random.default_rng(27)))
    assert finding.state is State.INCONCLUSIVE
    assert finding.interval is not None
    assert finding.interval[0] > 0.3
    assert "by custom" in finding.says


def test_whole_percentages_that_come_with_the_target_weigh_more_than_those_that_were_there() -> None:
    rng = np.random.default_rng(28)
    p = rng.uniform(0.3, 0.9, (60, 24))
    n = rng.integers(1500, 4000, (60, 24))
    counted = rng.binomial(n, p)
    whole = np.round(np.round(100 * counted / n) * n / 100).astype(np.int64)
    gamed = rng.random((60, 24)) < 0.25
    later = np.arange(24) >= 12
    since = Target(op="gte", value=0.95, since=date(2019, 1, 1), stakes="bonus")

    def asked(k: np.ndarray, exempt: np.ndarray | None = None) -> Finding:
        panel, brief = ratio_panel(k, n)
        brief = replace(brief, metric=brief.metric.model_copy(update={"targets": (since,)}))
        return integer_share.run(panel if exempt is None else replace(panel, exempt=exempt), brief)

    come = asked(np.where(gamed & later, whole, counted))
    there = asked(np.where(gamed, whole, counted))
    assert (come.state, come.grade) == (State.SUSPECT, "C")
    assert (there.state, there.grade) == (State.SUSPECT, "D")
    free = np.repeat(np.arange(60) >= 30, 24)
    compared = asked(np.where(gamed & later & ~free.reshape(60, 24), whole, counted), free)
    assert (compared.state, compared.grade) == (State.SUSPECT, "B")
    assert "exempt" in compared.says


def test_amounts_that_grow_with_the_spread_they_had_have_not_become_smoother() -> None:
    """Whole numbers with standard deviation 10 before and 9 after, a mean of 100 before and 130 after."""
    rng = np.random.default_rng(29)
    later = np.arange(24) >= 12
    raised = 0
    for _ in range(60):
        values = np.round(100 + 30 * later + np.where(later, 9.0, 10.0) * rng.standard_normal((40, 24)))
        raised += smoothness.run(*smoothness._summed(values)).state is State.SUSPECT
    assert raised <= 4


def test_prices_that_stand_still_now_and_then_are_not_taken_for_copies() -> None:
    rng = np.random.default_rng(30)
    raised = caught = 0
    for _ in range(30):
        walk = np.cumsum(rng.normal(0, 5, (40, 24)), axis=1)
        still = np.cumsum((rng.random((40, 24)) < 0.8) * rng.normal(0, 5, (40, 24)), axis=1)
        raised += duplicates.run(*duplicates._panel(np.round(100 + still, 2))).state is State.SUSPECT
        late = rng.random((40, 24)) < 0.08
        for t in range(1, 24):
            walk[:, t] = np.where(late[:, t], walk[:, t - 1], walk[:, t])
        caught += duplicates.run(*duplicates._panel(np.round(100 + walk, 2))).state is State.SUSPECT
    assert raised <= 1
    assert caught >= 21
