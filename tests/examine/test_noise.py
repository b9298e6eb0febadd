"""The noise family: what it says about data whose truth is known, and when it says nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pitprop.define.metric import Target
from pitprop.digest.panel import Measure, Panel
from pitprop.examine.check import Brief
from pitprop.examine.figure import Intervals, Series
from pitprop.examine.finding import State
from pitprop.examine.noise import rankability, reliability
from pitprop.examine.panel_specimen import panel_specimen
from pitprop.examine.specimen import declared

CHECKS = (reliability, rankability)
both = pytest.mark.parametrize("module", CHECKS, ids=["reliability", "rankability"])


def told(module, values, **more):
    panel, brief = panel_specimen(
        metric=np.asarray(values, dtype=float),
        others={},
        since=0,
        smallest_effect=module.CHECK.smallest_effect,
        **more,
    )
    return module.run(panel, brief)


def levels(units, share, rng):
    z = rng.standard_normal((units, 1))
    return (z - z.mean()) / z.std(ddof=1) * (share / (1 - share)) ** 0.5


def crews(units=20, periods=12, share=0.5, seed=0):
    rng = np.random.default_rng(seed)
    return 100 + levels(units, share, rng) + rng.standard_normal((units, periods))


@pytest.mark.parametrize("share", [0.70, 0.90])
def test_a_number_exactly_as_reliable_as_is_asked_for_is_rarely_called_noise(share):
    targets = (Target(op="gte", value=1.0, stakes="pay" if share == 0.9 else "none"),)
    suspect = clear = 0
    for seed in range(400):
        panel, brief = panel_specimen(metric=crews(25, 10, share, seed), others={}, since=0, smallest_effect=0.7)
        state = reliability.run(panel, replace(brief, metric=declared(targets=targets))).state
        suspect += state is State.SUSPECT
        clear += state is State.CLEAR
    assert suspect / 400 < 0.063
    assert clear / 400 < 0.063


def test_the_signal_share_and_what_would_cure_it_are_told():
    found = told(reliability, crews(60, 24, 0.4))
    assert found.state is State.SUSPECT
    assert found.effect == pytest.approx(0.4, abs=0.06)
    assert found.interval[0] < found.effect < found.interval[1] < 0.7
    share = found.data["signal_share"]
    assert found.data["periods_for_beyond"]["point"] == pytest.approx(0.7 * (1 - share) / (share * 0.3))
    high = found.interval[1]
    assert found.data["pooled_upper"] == pytest.approx(4 * high / (1 + 3 * high))
    assert found.p_value < 1e-6
    assert "months together would be needed" in found.says


def test_more_is_asked_for_where_people_are_paid_by_it():
    panel, brief = panel_specimen(metric=crews(40, 24, 0.8), others={}, since=0, smallest_effect=0.7)
    paid = declared(targets=(Target(op="gte", value=7.0, stakes="bonus"),))
    assert reliability.run(panel, brief).state is State.CLEAR
    found = reliability.run(panel, replace(brief, metric=paid))
    assert (found.state, found.beyond) == (State.SUSPECT, 0.9)
    assert "because people are rewarded" in found.says


def test_what_all_share_in_a_period_is_not_held_against_the_number():
    values = crews(30, 24, 0.85)
    season = 20 * np.sin(np.arange(24)) + 3 * np.arange(24)
    plain, seasonal = told(reliability, values), told(reliability, values + season)
    assert seasonal.effect == pytest.approx(plain.effect, abs=1e-9)


def test_too_little_data_say_what_would_decide():
    found = told(reliability, crews(6, 4, 0.6, seed=2))
    assert found.state is State.INCONCLUSIVE
    assert "instead of 4" in found.needed
    tiny = told(reliability, crews(3, 3, 0.7))
    assert tiny.state is State.INCONCLUSIVE
    assert "at least 8" in tiny.needed


def test_one_period_is_judged_by_the_rows_within():
    rng = np.random.default_rng(3)
    noisy = told(reliability, levels(80, 0.3, rng) + rng.standard_normal((80, 1)), noise=1.0)
    assert (noisy.state, noisy.data["noise_from"]) == (State.SUSPECT, "rows")
    assert noisy.effect == pytest.approx(0.3, abs=0.2)
    good = told(reliability, levels(80, 0.95, rng) + rng.standard_normal((80, 1)), noise=1.0)
    assert good.state is State.CLEAR


def test_rows_of_unlike_numbers_count_by_their_number():
    """Shares of unlike denominators: one analysis of variance over the rows."""
    rng = np.random.default_rng(4)
    n = rng.integers(50, 500, 60)
    hits = rng.binomial(n, rng.beta(30, 30, 60)).astype(float)
    panel, brief = one_period("share", n, hits, hits)
    found = reliability.run(panel, brief)
    p = hits / n
    between, within = n @ (p - hits.sum() / n.sum()) ** 2 / 59, (n @ (p * (1 - p))) / (n.sum() - 60)
    typical = (n.sum() - (n**2).sum() / n.sum()) / 59
    ratio = (between - within) / typical / within
    assert found.effect == pytest.approx(ratio / (ratio + np.median(1 / n)), rel=1e-9)


def one_period(agg, n, x, xx):
    n = np.asarray(n, dtype=np.int64)
    cells = len(n)
    ones = n.astype(float)
    measure = Measure(agg=agg, pivot=0.0, n=n, x=x, xx=xx, w=ones, ww=ones, xw=x)
    panel = Panel(
        entities=tuple(f"e{i:03d}" for i in range(cells)),
        periods=np.array(["2020-01-01"], dtype="datetime64[D]"),
        granularity="month",
        entity=np.arange(cells),
        period=np.zeros(cells, dtype=np.int64),
        metric=measure,
        exempt=np.zeros(cells, dtype=bool),
        target=np.full(cells, np.nan),
    )
    return panel, Brief(metric=declared(targets=()), smallest_effect=0.7)


# ---- nothing can be said ------------------------------------------------------------------------------

ONE = np.random.default_rng(5).standard_normal((1, 30)) + 50
NOT_MEASURABLE = {
    "constant": np.full((10, 10), 3.3),
    "no values": np.full((5, 5), np.nan),
    "one entity": ONE,
    "two entities": np.random.default_rng(6).standard_normal((2, 30)),
    "one period of sums": np.arange(10.0)[:, None],
    "each entity once": np.where(np.eye(10) == 1, np.arange(10.0), np.nan),
    "no noise": np.arange(10.0)[:, None] + np.arange(12.0),
    "three by two": np.random.default_rng(7).standard_normal((3, 2)),
    "one value": np.array([[7.0]]),
}


@both
@pytest.mark.parametrize("case", NOT_MEASURABLE)
def test_what_cannot_be_measured_is_never_judged(module, case):
    found = told(module, NOT_MEASURABLE[case])
    assert found.state in (State.NOT_APPLICABLE, State.INCONCLUSIVE)
    assert found.needed
    json.dumps(found.data, allow_nan=False)


@both
def test_tiny_tables_are_never_judged(module):
    rng = np.random.default_rng(8)
    states = {told(module, rng.standard_normal((3, 4))).state for _ in range(100)}
    assert states == {State.INCONCLUSIVE}


def test_one_entity_is_charted():
    found = told(reliability, ONE)
    assert found.state is State.NOT_APPLICABLE
    assert isinstance(found.figure, Series)
    assert [label for _, label in found.figure.levels] == [
        "mean",
        "lower natural limit",
        "upper natural limit",
    ]
    assert "routine variation only: none of the 30 months differs from the others" in found.says
    jumped = ONE.copy()
    jumped[0, 15] += 20
    found = told(reliability, jumped)
    assert found.data["process"]["signals"] == ["2019-04-01"]
    assert found.figure.lines[0].flagged.index(True) == 15
    assert "1 of 30 months stand out" in found.says


def test_where_no_entity_is_declared_it_says_so():
    panel, brief = panel_specimen(metric=ONE, others={}, since=0, smallest_effect=0.7)
    found = reliability.run(panel, replace(brief, metric=declared(entity=None)))
    assert found.state is State.NOT_APPLICABLE
    assert "`entity`" in found.needed


@both
def test_findings_are_plain_json(module):
    gaps = crews()
    gaps[np.random.default_rng(1).random(gaps.shape) < 0.4] = np.nan
    found = told(module, gaps)
    text = json.dumps(found.data, allow_nan=False)
    assert "NaN" not in text
    assert np.isfinite([found.effect, *found.interval, found.p_value]).all()


# ---- what must not matter -----------------------------------------------------------------------------


def numbers(found):
    return [found.effect, *found.interval, found.p_value]


@both
@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_units_and_offsets_of_measurement_do_not_matter(module, gaps):
    values = crews(15, 10, 0.8)
    values[np.random.default_rng(2).random(values.shape) < gaps] = np.nan
    plain, scaled = told(module, values), told(module, 1000 * values)
    assert scaled.state is plain.state
    assert numbers(scaled) == pytest.approx(numbers(plain), abs=1e-9)
    assert numbers(told(module, values + 1e4)) == pytest.approx(numbers(plain), abs=1e-6)


@both
def test_names_of_entities_do_not_matter(module):
    values = crews(30, 8, 0.8)
    values[np.random.default_rng(2).random(values.shape) < 0.2] = np.nan
    order = np.random.default_rng(3).permutation(30)
    plain, renamed = told(module, values), told(module, values[order])
    assert renamed.state is plain.state
    assert numbers(renamed) == pytest.approx(numbers(plain), abs=1e-9)


def test_a_mirrored_number_ranks_the_same_entities_on_top():
    values = np.arange(12.0)[:, None] + np.random.default_rng(4).standard_normal((12, 12))
    up = told(rankability, values, direction="increase")
    down = told(rankability, -values, direction="decrease")
    assert up.state is down.state
    assert [r["entity"] for r in up.data["ranks"]] == [r["entity"] for r in down.data["ranks"]]
    assert up.data["ranks"][0]["entity"] == "unit 0011"
    assert up.data["ranks"][0]["lower"] == 1


# ---- the league table ---------------------------------------------------------------------------------


def test_the_effect_is_the_mean_width_of_the_rank_sets():
    found = told(rankability, crews(25, 12, 0.6))
    ranks = found.data["ranks"]
    assert found.effect == pytest.approx(np.mean([r["upper"] - r["lower"] for r in ranks]) / 24)
    assert found.data["mean_places"] == pytest.approx(1 + 24 * found.effect)
    assert found.data["open_pairs_one_by_one"] < found.effect <= found.data["open_pairs_one_period"]
    assert found.effect < found.data["open_pairs_separate_intervals"]


def test_it_may_be_rankable_by_the_usual_measure_while_most_places_are_open():
    found = told(rankability, crews(80, 12, 0.5))
    assert found.state is State.SUSPECT
    assert found.data["rankability"] > 0.75


def test_a_table_that_is_declared_not_for_ranking_is_shown_and_not_judged():
    panel, brief = panel_specimen(metric=crews(), others={}, since=0, smallest_effect=0.5)
    found = rankability.run(panel, replace(brief, metric=declared(not_for=("ranking",))))
    assert found.state is State.NOT_APPLICABLE
    assert "not to be used for ranking" in found.says
    assert isinstance(found.figure, Intervals)
    assert len(found.data["ranks"]) == 20


def test_entities_resting_on_few_rows_are_counted_and_not_named():
    values = crews(20, 12, 0.9)
    panel, brief = panel_specimen(metric=values, others={}, since=0, smallest_effect=0.5)
    thin = panel.metric.n.copy()
    thin[panel.entity < 3] = 0
    few = np.where((panel.entity < 3) & (panel.period < 4), 2, thin)
    found = rankability.run(replace(panel, metric=replace(panel.metric, n=few)), replace(brief, minimum_group=10))
    shown = {r["entity"] for r in found.data["ranks"]}
    assert found.data["not_shown"] == 3
    assert not shown & {"unit 0000", "unit 0001", "unit 0002"}
    assert {row.label for row in found.figure.rows} == shown
    assert len(shown) == 17
    assert "3 resting on fewer than 10 rows" in found.figure.title
    assert found.data["entities"] == 20


def test_a_long_table_shows_forty_rows_from_top_to_bottom():
    found = told(rankability, crews(200, 6, 0.9))
    rows = found.figure.rows
    assert len(rows) == 40
    assert (rows[0].estimate, rows[-1].estimate) == (1.0, 200.0)
    assert all(r.lower <= r.upper for r in rows)
    assert "40 of 200 entities shown" in found.figure.title


def test_more_entities_than_can_be_paired_are_told_apart_by_their_own_intervals():
    found = told(rankability, crews(5200, 4, 0.9))
    assert found.data["method"] == "separate intervals"
    assert found.state is State.SUSPECT
    assert found.effect == pytest.approx(found.data["open_pairs_separate_intervals"])
    assert len(found.data["ranks"]) == 500


def test_departures_that_last_make_places_less_sure():
    rng = np.random.default_rng(10)
    steps = rng.standard_normal((40, 24))
    lasting = steps.copy()
    for t in range(1, 24):
        lasting[:, t] = 0.8 * lasting[:, t - 1] + 0.6 * steps[:, t]
    level = levels(40, 0.9, rng)
    assert told(rankability, level + lasting).effect > told(rankability, level + steps).effect + 0.1
