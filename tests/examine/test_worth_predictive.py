"""Predictive: what it says of data whose truth is known, and what changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pitprop.define.metric import Outcome
from pitprop.digest.panel import Measure, Panel
from pitprop.examine.check import Brief
from pitprop.examine.finding import State
from pitprop.examine.panel_specimen import panel_specimen
from pitprop.examine.specimen import declared
from pitprop.examine.worth.predictive import CHECK

OUTCOME = "coal_delivered"


def specimen(index=0, kind="clear", seed=1):
    return getattr(CHECK, kind)[index](np.random.default_rng(seed))


def tables(units, periods, slope, *, seed=1, lag=1, direction="increase", outcome_direction="increase"):
    rng = np.random.default_rng(seed)
    x = 50 + rng.standard_normal((units, 1)) + rng.standard_normal((units, periods))
    y = 200 + 3 * rng.standard_normal((units, 1)) + rng.standard_normal((units, periods))
    y[:, lag:] += slope * (x[:, : periods - lag] - 50)
    return panel_specimen(
        metric=x,
        others={OUTCOME: y},
        since=periods // 2,
        outcome=OUTCOME,
        lag=lag,
        direction=direction,
        directions={OUTCOME: outcome_direction},
        smallest_effect=0.02,
    )


def run(panel, brief):
    return CHECK.run(panel, brief)


def scaled(measure: Measure, factor: float) -> Measure:
    return replace(
        measure, pivot=measure.pivot * factor, x=measure.x * factor, xx=measure.xx * factor**2,
        xw=measure.xw * factor,
    )  # fmt: skip


def renamed(panel: Panel, seed=3) -> Panel:
    """The same units under other names, which sort in another order."""
    place = np.random.default_rng(seed).permutation(len(panel.entities))
    entity = place[panel.entity]
    order = np.lexsort((panel.period, entity))
    return replace(
        panel, entity=entity[order], period=panel.period[order], metric=panel.metric.take(order),
        exempt=panel.exempt[order], target=panel.target[order],
        others={name: m.take(order) for name, m in panel.others.items()},
    )  # fmt: skip


def numbers(finding):
    return [finding.effect, *finding.interval, finding.p_value, *finding.data["correlations"]]


def test_a_number_that_foretells_success_is_said_to():
    found = run(*specimen())
    assert found.state is State.CLEAR
    assert found.interval[0] > 0.02
    assert found.grade == "C"
    assert "where Tonnes per shift rises in a unit, coal_delivered is higher than expected" in found.says
    assert "one month later" in found.says


def test_a_number_that_tells_nothing_is_said_to_with_enough_data():
    found = run(*specimen(kind="suspect"))
    assert found.state is State.SUSPECT
    assert found.interval[1] < 0.02
    assert found.p_value < 0.025
    assert "less than the 2.0% that matters" in found.says
    assert "another lag than the one declared" in found.innocent


@pytest.mark.parametrize("seed", range(5))
def test_little_data_never_prove_that_there_is_no_value(seed):
    found = run(*tables(11, 12, 0.0, seed=seed))
    assert found.n < 200
    assert found.state is State.INCONCLUSIVE
    assert "instead of" in found.needed or "no feasible amount" in found.needed


def test_what_would_decide_does_decide():
    few = [run(*tables(40, 20, 0.1, seed=s)) for s in range(12)]
    told = [int(f.needed.split()[1]) for f in few if f.needed.startswith("About")]
    assert len(told) >= 6
    units = int(np.median(told))
    assert 40 < units < 1000
    decided = [run(*tables(units, 20, 0.1, seed=100 + s)).state for s in range(10)]
    assert sum(state is not State.INCONCLUSIVE for state in decided) >= 5


def test_with_no_lag_it_says_that_it_is_not_foresight():
    panel, brief = tables(60, 24, 0.6, lag=0)
    found = run(panel, brief)
    assert found.state is State.CLEAR
    assert found.data["concurrent"] is True
    assert "goes with success rather than foretells it" in found.says


def test_the_wrong_direction_is_never_called_value():
    right = run(*tables(60, 24, -0.6, direction="decrease"))
    wrong = run(*tables(60, 24, -0.6))
    assert right.state is State.CLEAR
    assert wrong.state is State.INCONCLUSIVE
    assert "wrong way round" in wrong.says
    assert "coal_delivered is lower than expected" in wrong.says


def test_one_unit_alone_decides_nothing():
    found = run(*tables(1, 300, 1.5))
    assert found.interval[0] > 0.02
    assert found.state is State.INCONCLUSIVE
    assert "several units" in found.needed


def test_totals_of_units_of_all_sizes_decide_nothing():
    rng = np.random.default_rng(4)
    size = np.exp(2.5 * rng.standard_normal((200, 1)))
    hours = size * np.exp(0.1 * rng.standard_normal((200, 24)))
    panel, brief = panel_specimen(
        metric=hours,
        others={OUTCOME: 3 * size * np.exp(0.1 * rng.standard_normal((200, 24)))},
        since=12,
        outcome=OUTCOME,
        lag=1,
        smallest_effect=0.02,
    )
    found = run(panel, brief)
    assert found.data["errors_beyond_five_typical"] > 0.05
    assert found.state is State.INCONCLUSIVE
    assert "Declare rates" in found.needed


def test_a_few_units_over_a_long_time_can_decide():
    found = run(*tables(4, 120, 1.0))
    assert found.state is State.CLEAR
    assert found.data["cluster_is"] == "stretch of periods"
    assert found.data["units_held_out"] is False


@pytest.mark.parametrize(
    ("units", "periods", "reason"),
    [(1, 1, "only 0"), (30, 1, "only 0"), (1, 12, "only 11"), (2, 8, "only 14"), (30, 2, "fewer than three")],
)
def test_too_little_is_not_applicable_with_a_reason(units, periods, reason):
    found = run(*tables(units, periods, 0.5))
    assert found.state is State.NOT_APPLICABLE
    assert reason in found.says
    assert found.needed


def test_a_constant_metric_or_outcome_is_not_applicable():
    panel, brief = tables(30, 24, 0.5)
    flat = replace(panel.metric, x=np.full_like(panel.metric.x, 7.0))
    assert "the metric never varies" in run(replace(panel, metric=flat), brief).says
    still = {OUTCOME: replace(panel.others[OUTCOME], x=np.full_like(panel.metric.x, 7.0))}
    found = run(replace(panel, others=still), brief)
    assert found.state is State.NOT_APPLICABLE
    assert "the outcome never varies" in found.says


def test_an_outcome_that_could_not_be_had_says_why():
    panel, brief = tables(30, 24, 0.5)
    panel = replace(panel, others={}, missing={OUTCOME: "its source has no column `tons`."})
    found = run(panel, brief)
    assert found.state is State.NOT_APPLICABLE
    assert "its source has no column `tons`." in found.says


def test_without_an_outcome_or_time_it_is_not_applicable():
    panel, brief = tables(30, 24, 0.5)
    undeclared = Brief(metric=declared(outcome=None), smallest_effect=0.02)
    assert "Declare `outcome`" in run(panel, undeclared).needed
    timeless = replace(panel, periods=np.array(["NaT"], "datetime64[D]"), period=np.zeros_like(panel.period))
    assert "agg_time_dimension" in run(timeless, brief).needed


def test_empty_cells_are_skipped():
    panel, brief = tables(40, 24, 0.6)
    n = panel.metric.n.copy()
    n[::5] = 0
    found = run(replace(panel, metric=replace(panel.metric, n=n)), brief)
    assert found.state is State.CLEAR
    assert found.data["cells_left_out"] >= (n == 0).sum()
    assert np.isfinite(numbers(found)).all()


@pytest.mark.parametrize("kind", ["clear", "suspect"])
@pytest.mark.parametrize("factor", [1000.0, 1e-3])
def test_units_of_measurement_change_nothing(kind, factor):
    panel, brief = specimen(kind=kind)
    before = run(panel, brief)
    for changed in (
        replace(panel, metric=scaled(panel.metric, factor)),
        replace(panel, others={OUTCOME: scaled(panel.others[OUTCOME], factor)}),
    ):
        after = run(changed, brief)
        assert after.state is before.state
        assert numbers(after) == pytest.approx(numbers(before), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("kind", ["clear", "suspect"])
def test_names_of_units_change_nothing(kind):
    panel, brief = specimen(kind=kind)
    before, after = run(panel, brief), run(renamed(panel), brief)
    assert after.state is before.state
    assert numbers(after) == pytest.approx(numbers(before), rel=1e-9, abs=1e-15)


def test_a_mirrored_metric_is_worth_the_same():
    panel, brief = specimen()
    before, after = run(panel, brief), run(replace(panel, metric=scaled(panel.metric, -1.0)), brief)
    assert numbers(after)[:4] == pytest.approx(numbers(before)[:4], rel=1e-9)
    assert "lower than expected" in after.says


def test_the_data_are_json_and_the_picture_shows_the_interval():
    found = run(*specimen())
    assert json.loads(json.dumps(found.data, allow_nan=False))["lag"] == 1
    added = found.figure.rows[-1]
    assert (added.estimate, added.lower, added.upper) == (found.effect, *found.interval)
    assert found.figure.rows[1].estimate > found.figure.rows[0].estimate


def test_a_lag_of_two_quarters_is_said_in_words():
    panel, _ = tables(40, 30, 0.6, lag=2)
    periods = (np.datetime64("2000-01", "M") + 3 * np.arange(30)).astype("datetime64[D]")
    brief = Brief(
        metric=declared(outcome=Outcome(metric=OUTCOME, lag=2), time_granularity="quarter"),
        smallest_effect=0.02,
    )
    found = run(replace(panel, periods=periods, granularity="quarter"), brief)
    assert found.state is State.CLEAR
    assert "2 quarters later" in found.says
