from dataclasses import replace

import numpy as np
import pytest

from pitprop.digest.rows import Rows
from pitprop.examine.finding import State
from pitprop.examine.noise.coverage import _hidden, _lost_by_chance, _panel, _world, run
from pitprop.examine.panel_specimen import autoregressive


def test_the_effect_is_the_share_of_inner_cells_without_a_value():
    values = np.ones((3, 12)) * np.arange(12)
    values[0, 3:5] = np.nan
    values[1, 0] = np.nan  # opened later
    values[2, 10:] = np.nan  # closed
    finding = run(*_panel(values))
    assert finding.effect == pytest.approx(2 / (10 + 9 + 8), rel=1e-12)
    assert finding.data["missing"] == 2


def test_rows_without_a_usable_value_count_as_missing():
    panel, brief = _world(np.random.default_rng(1))
    panel = replace(panel, rows=Rows(kept=900, filtered=500, null=60, not_finite=40))
    finding = run(panel, brief)
    assert finding.effect == pytest.approx(0.1, rel=1e-12)
    assert finding.state is State.INCONCLUSIVE
    assert "10.0%" in finding.says


def test_gaps_that_chance_makes_are_no_choice_however_many():
    findings = [run(*_world(np.random.default_rng(s), lost=0.4, rho=0.7)) for s in range(200)]
    assert np.mean([f.state is State.SUSPECT for f in findings]) <= 0.06
    assert all(f.effect > 0.2 for f in findings)


def test_gaps_beside_good_values_are_not_suspect():
    panel, brief = _hidden(np.random.default_rng(3))
    mirrored = replace(brief, metric=brief.metric.model_copy(update={"improvement_direction": "decrease"}))
    assert run(panel, brief).state is State.SUSPECT
    assert run(panel, mirrored).state is State.INCONCLUSIVE
    neutral = replace(brief, metric=brief.metric.model_copy(update={"improvement_direction": "neutral"}))
    assert run(panel, neutral).state is State.INCONCLUSIVE


def test_the_answer_depends_neither_on_the_unit_nor_on_order_nor_on_names():
    rng = np.random.default_rng(8)
    noise = autoregressive(rng, 40, 24, 0.6)
    values = np.where((noise < -0.8) & (rng.random((40, 24)) < 0.7), np.nan, 50 + noise)
    first = run(*_panel(values))
    for other in (run(*_panel(values[::-1])), run(*_panel(values * 1000))):
        assert other.state is first.state
        assert other.effect == pytest.approx(first.effect, rel=1e-9)
        assert other.data["beside_gaps"]["worse_by"] == pytest.approx(first.data["beside_gaps"]["worse_by"], rel=1e-9)
    panel, brief = _panel(-values)
    mirrored = replace(brief, metric=brief.metric.model_copy(update={"improvement_direction": "decrease"}))
    assert run(panel, mirrored).p_value == pytest.approx(first.p_value, rel=1e-9)


def test_sparse_rows_are_not_read_as_gaps():
    rng = np.random.default_rng(2)
    counts = rng.poisson(2 * np.exp(0.4 * autoregressive(rng, 40, 24, 0.7))).astype(float)
    panel, brief = _panel(np.where(counts > 0, counts, np.nan))
    panel.metric.n[:] = counts.ravel().astype(int)
    finding = run(panel, brief)
    assert finding.state is State.INCONCLUSIVE
    assert "so few" in finding.says


def test_nothing_constant_tiny_or_alone_raises_or_is_judged():
    for values in (np.full((3, 12), np.nan), np.ones((1, 4)), np.ones((1, 1)), np.ones((2, 3))):
        assert run(*_panel(values)).state is State.NOT_APPLICABLE
    constant = np.where(np.random.default_rng(0).random((10, 24)) < 0.3, np.nan, 7.0)
    assert run(*_panel(constant)).state is State.INCONCLUSIVE
    alone = np.where(np.arange(60) % 4 == 2, np.nan, np.random.default_rng(0).standard_normal(60))[None, :]
    assert run(*_panel(alone)).state is State.INCONCLUSIVE


def test_late_rows_are_told():
    panel, brief = _lost_by_chance(np.random.default_rng(4))
    late = replace(panel, late=np.where(panel.metric.n > 0, 3, 0))
    assert run(late, brief).data["late_share"] == pytest.approx(0.1)
    assert "10.0% of the rows were loaded after they were due." in run(late, brief).says


def test_a_table_with_one_row_for_each_entity_and_period_is_not_sparse():
    panel, brief = _hidden(np.random.default_rng(3))
    panel.metric.n[panel.metric.n > 0] = 1
    values = panel.metric.value  # a sum: the same with fewer rows
    finding = run(panel, brief)
    assert np.isfinite(values).sum() == (panel.metric.n > 0).sum()
    assert finding.data["expected_by_luck"] == 0.0
    assert finding.state is State.SUSPECT
