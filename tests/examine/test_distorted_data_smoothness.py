"""Smoothness of averages, ratios and sums of rows: what is honest stays so, and how near they come to the target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pitprop.define.metric import Target
from pitprop.digest.panel import Measure, Panel
from pitprop.examine.check import Brief
from pitprop.examine.distorted_data import smoothness
from pitprop.examine.finding import State

AVERAGES = [s for s in (*smoothness.CHECK.clear, *smoothness.CHECK.suspect) if "average" in s.__name__] + [
    smoothness.fixed_mix
]


@pytest.mark.parametrize("specimen", AVERAGES, ids=lambda s: s.__name__)
def test_averages_in_another_unit_or_about_another_pivot_are_as_smooth(specimen) -> None:
    panel, brief = specimen(np.random.default_rng(1))
    m = panel.metric
    scaled = replace(m, x=m.x * 1000, xx=m.xx * 1e6, xw=m.xw * 1000)
    moved = replace(m, pivot=50.0, x=m.x - 50 * m.n, xx=m.xx - 100 * m.x + 2500 * m.n)
    first = smoothness.run(panel, brief)
    for other in (scaled, moved):
        second = smoothness.run(replace(panel, metric=other), brief)
        assert second.state is first.state
        assert second.effect == pytest.approx(first.effect, abs=1e-9)
        assert second.p_value == pytest.approx(first.p_value, abs=1e-9)


def test_sums_of_rows_and_their_averages_are_equally_smooth_where_cells_have_as_many_rows() -> None:
    panel, brief = smoothness.averages_written_to_the_plan(np.random.default_rng(2))
    summed = replace(panel, metric=replace(panel.metric, agg="sum"))
    one, two = smoothness.run(panel, brief), smoothness.run(summed, brief)
    assert two.effect == pytest.approx(one.effect, abs=1e-9)
    assert two.says.startswith("Sums vary")


def test_a_fixed_mix_needs_a_time_in_which_it_varied_and_has_none() -> None:
    finding = smoothness.run(*smoothness.fixed_mix(np.random.default_rng(3)))
    assert finding.state is State.NOT_APPLICABLE
    assert "fixed mix" in finding.says
    assert "since" in finding.needed


def test_averages_without_a_time_before_the_target_can_be_cleared_and_not_suspected() -> None:
    rng = np.random.default_rng(4)
    none = (Target(op="gte", value=60.0),)

    def undated(drawn: tuple[Panel, Brief]) -> State:
        panel, brief = drawn
        return smoothness.run(panel, replace(brief, metric=brief.metric.model_copy(update={"targets": none}))).state

    assert undated(smoothness.averages_with_memory(rng)) is State.CLEAR
    written = rng.normal(60, 8, (40, 24, 30))
    written -= 0.8 * (written.mean(axis=2, keepdims=True) - 60)
    assert undated(smoothness._of_rows(written)) is State.NOT_APPLICABLE


def test_rows_that_differ_more_since_the_target_explain_that_averages_seem_smoother() -> None:
    """The same machines every month; half of them gain, so that rows differ more and averages vary as before."""
    rng = np.random.default_rng(5)
    raised = 0
    for _ in range(60):
        gain = rng.choice([0.0, 24.0], (40, 1, 30)) * (np.arange(24) >= 12)[:, None]
        finding = smoothness.run(*smoothness._of_rows(rng.normal(60, 8, (40, 24, 30)) + gain))
        raised += finding.state is State.SUSPECT
    assert raised <= 3
    assert finding.effect is not None
    assert finding.effect > 0.5
    assert "the rows differ more since" in finding.says


def test_rows_that_are_all_equal_have_no_noise_to_compare_with() -> None:
    same = np.repeat(np.random.default_rng(6).normal(1e6, 50, (40, 24, 1)), 30, axis=2)
    assert smoothness.run(*smoothness._of_rows(same)).state is State.NOT_APPLICABLE


def test_how_near_averages_come_to_the_target_is_told() -> None:
    """Distance over chance is 1 for averages about the target, a quarter for those drawn half way to it since then."""
    rng = np.random.default_rng(7)
    values = rng.normal(60, 8, (40, 24, 30))
    drawn = np.where(np.arange(24) >= 12, 0.5, 0.0)[:, None]
    near = values - drawn * (values.mean(axis=2, keepdims=True) - 60)

    def told(rows: np.ndarray) -> dict[str, float]:
        panel, brief = smoothness._of_rows(rows)
        return smoothness.run(replace(panel, target=np.full(len(panel.entity), 60.0)), brief).data["near_target"]

    assert told(values)["distance"] == pytest.approx(1, abs=4 * (2 / 480) ** 0.5)
    assert told(near)["distance"] == pytest.approx(told(values)["distance"] / 4, rel=0.01)
    assert told(near)["closer_by_chance"] < 1e-6
    assert told(values)["cells"] == 480


def test_counts_are_measured_against_their_target_too_and_targets_of_rows_are_not() -> None:
    rng = np.random.default_rng(8)
    panel, brief = smoothness._counted(rng.poisson(np.full((40, 24), 40.0)).astype(float))
    at_forty = replace(panel, target=np.full(len(panel.entity), 40.0))
    finding = smoothness.run(at_forty, brief)
    assert finding.data["near_target"]["distance"] == pytest.approx(1, abs=4 * (2 / 480) ** 0.5)
    of_rows = tuple(t.model_copy(update={"on": "row"}) for t in brief.metric.targets)
    rows = replace(brief, metric=brief.metric.model_copy(update={"targets": of_rows}))
    assert smoothness.run(at_forty, rows).data["near_target"] == {}


def test_cells_of_fewer_than_five_rows_say_nothing() -> None:
    panel, brief = smoothness._of_rows(np.random.default_rng(9).normal(60, 8, (40, 24, 4)))
    assert smoothness.run(panel, brief).state is State.NOT_APPLICABLE
    measure: Measure = panel.metric
    assert int(measure.n.max()) == 4


@pytest.mark.parametrize("factor", [1e-140, 1e-90, 1e90])
@pytest.mark.parametrize("agg", ["average", "sum"])
def test_amounts_of_any_size_are_judged_by_their_rows(agg: str, factor: float) -> None:
    """Squares neither overflow nor vanish, and large amounts are not taken for counts; tolerance 1e-9."""
    panel, brief = smoothness.averages_written_to_the_plan(np.random.default_rng(10))
    m = replace(panel.metric, agg=agg)
    scaled = replace(m, x=m.x * factor, xx=m.xx * factor**2, xw=m.xw * factor)
    first = smoothness.run(replace(panel, metric=m), brief)
    second = smoothness.run(replace(panel, metric=scaled, target=panel.target * factor), brief)
    assert second.state is first.state is State.SUSPECT
    assert second.effect == pytest.approx(first.effect, abs=1e-9)
    near = "near_target"
    assert second.data[near]["distance"] == pytest.approx(first.data[near]["distance"], rel=1e-9)
