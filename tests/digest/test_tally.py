from datetime import date
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitprop.define.metric import Target
from pitprop.digest import Distribution, GrainError
from pitprop.digest.grid import Grid, decimal, exact, fine
from pitprop.digest.opportunity import opportunity
from pitprop.digest.survey import Extent
from pitprop.examine.edges import edges_of

ROW = {"op": "gte", "value": 7.0, "on": "row"}


def test_decimals_lie_on_their_grid_whatever_the_float_error(audited):
    values = [0.1 + 0.2, 0.3, 1.1 * 3, 2.675, 1e5 + 0.001]
    source, metric = audited(pa.table({"x": values}))
    d = source.digest(metric, Distribution)
    assert (d.exact, d.step) == (True, Fraction(1, 1000))
    assert d.k.tolist() == [300, 2675, 3300, 100000001]
    assert d.without.tolist() == [2, 1, 1, 1]


@given(st.lists(st.integers(-(10**7), 10**7), min_size=1, max_size=60), st.integers(0, 4))
def test_a_grid_gives_back_the_decimals_it_was_made_from(whole, places):
    values = np.array([float(Fraction(k, 10**places)) for k in whole])
    grid = Grid(step=Fraction(1, 10**places), exact=True)
    assert grid.k(values).tolist() == whole


def test_single_precision_counts_by_its_shortest_decimals(audited):
    rows = pa.table({"x": pa.array([22.45, 22.44, 7.1, 7.1], pa.float32())})
    target = {"op": "gte", "value": 7.1, "on": "row"}
    source, metric = audited(rows, agg="share", targets=[target])
    d = source.digest(metric, Distribution)
    assert (d.exact, d.k.tolist()) == (True, [710, 2244, 2245])
    from pitprop.digest import Panel

    assert source.digest(metric, Panel).metric.value.tolist() == [1.0]  # as a float32, 7.1 is below 7.1


def test_the_grid_takes_in_the_target(audited):
    source, metric = audited(pa.table({"x": [1, 2, 3]}), targets=[{**ROW, "value": 2.5}])
    d = source.digest(metric, Distribution, metric.targets[0])
    assert (d.step, d.exact) == (Fraction(1, 10), True)
    assert d.k.tolist() == [10, 20, 30]


def test_values_on_no_grid_get_a_fine_one_with_the_target_as_an_edge(audited):
    rng = np.random.default_rng(1)
    x = rng.lognormal(3, 0.4, 20_000)
    x[:3] = [22.45, 22.45 * (1 - 1e-12), 22.45 * (1 + 1e-12)]
    source, metric = audited(pa.table({"x": x}), targets=[{**ROW, "value": 22.45}])
    d = source.digest(metric, Distribution, metric.targets[0])
    assert not d.exact
    edge = Fraction("22.45") / d.step
    assert edge.denominator == 1
    iqr = np.subtract(*np.quantile(x, [0.75, 0.25]))
    assert 1000 <= iqr / float(d.step) <= 5000
    above = int(d.under[d.k >= int(edge)].sum())
    assert above == int((x >= 22.45 * (1 - 1e-10)).sum())
    assert d.all.sum() == 20_000


def test_the_number_of_positions_is_bounded_however_long_the_tail(audited):
    rng = np.random.default_rng(2)
    x = np.exp(4 * rng.standard_normal(400_000))
    source, metric = audited(pa.table({"x": x}), targets=[{**ROW, "value": 5.5}])
    d = source.digest(metric, Distribution, metric.targets[0])
    assert len(d.k) <= 200_000
    assert d.all.sum() == 400_000
    assert (Fraction("5.5") / d.step).denominator == 1


@pytest.mark.parametrize(
    ("values", "k", "n"),
    [([], [], 0), ([None, None], [], 0), ([5.0, 5.0], [5], 2), ([1 / 3, 1 / 3], None, 2), ([0.0], [0], 1)],
)
def test_constant_empty_and_missing_values_give_a_small_distribution(audited, values, k, n):
    source, metric = audited(pa.table({"x": pa.array(values, pa.float64())}), targets=[{**ROW, "value": 7}])
    for target in (None, metric.targets[0]):
        d = source.digest(metric, Distribution, target)
        assert d.all.sum() == n
        assert len(d.k) == (1 if n else 0)
        assert k is None or d.k.tolist() == k


def test_regimes_follow_the_dates_of_the_target(audited):
    days = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 5, 31), date(2024, 6, 1)]
    target = {**ROW, "since": "2024-01-01", "until": "2024-06-01"}
    source, metric = audited(pa.table({"x": [1, 2, 3, 4], "d": days}), agg_time_dimension="d", targets=[target])
    d = source.digest(metric, Distribution, metric.targets[0])
    assert d.under.tolist() == [0, 1, 1, 0]
    assert d.without.tolist() == [1, 0, 0, 1]
    assert d.exempt.tolist() == [0, 0, 0, 0]


def test_a_dated_target_needs_time(audited):
    source, metric = audited(pa.table({"x": [1]}), targets=[{**ROW, "since": "2024-01-01"}])
    with pytest.raises(GrainError, match="agg_time_dimension"):
        source.digest(metric, Distribution, metric.targets[0])
    cell = metric.targets[0].model_copy(update={"on": "entity_period"})
    with pytest.raises(GrainError, match="agg_time_dimension"):
        source.digest(metric, Distribution, cell)


def test_a_target_that_is_a_column_gives_distances_from_it(audited):
    rows = pa.table({"x": [4.0, 4.5, 5.0, 3.0], "rating": [3.9, 4.5, 4.6, None]})
    source, metric = audited(rows, targets=[{**ROW, "value": "rating"}])
    d = source.digest(metric, Distribution, metric.targets[0])
    assert (d.relative, d.exact, d.step) == (True, True, Fraction(1, 10))
    assert d.k.tolist() == [0, 1, 4]
    assert d.under.tolist() == [1, 1, 1]  # the row without a target has no place among distances
    assert d.all.sum() == 3


def test_rows_exempt_from_a_target_that_is_one_number_elsewhere_are_placed_by_it(audited):
    rows = pa.table({"x": [21.0, 23.0, 22.0, 24.0], "car": [True, True, False, False]})
    target = {**ROW, "value": "case when car then 22.5 end"}
    source, metric = audited(rows, targets=[target])
    d = source.digest(metric, Distribution, metric.targets[0])
    assert d.relative
    assert dict(zip(d.k.tolist(), d.under.tolist(), strict=True)) == {-15: 1, -5: 0, 5: 1, 15: 0}
    assert d.exempt.tolist() == [0, 1, 0, 1]


def test_distances_on_no_grid_put_zero_at_an_edge(audited):
    rng = np.random.default_rng(3)
    t = rng.normal(10, 1, 5000)
    x = t + rng.normal(0, 1, 5000)
    x[:10] = t[:10]
    source, metric = audited(pa.table({"x": x, "t": t}), targets=[{**ROW, "value": "t"}])
    d = source.digest(metric, Distribution, metric.targets[0])
    assert not d.exact
    assert d.under[d.k >= 0].sum() == (x - t >= 0).sum()


def test_targets_share_one_grid(audited):
    targets = [{**ROW, "value": v} for v in (0.5, 2, 3.25)]
    source, metric = audited(pa.table({"x": [1, 2, 3]}), targets=targets)
    steps = {source.digest(metric, Distribution, t).step for t in (None, *metric.targets)}
    assert steps == {Fraction(1, 100)}


def test_cells_are_judged_by_their_own_values(audited):
    rows = pa.table(
        {
            "x": [1.0, 2.0, 6.0, 8.0, 3.0],
            "who": ["a", "a", "b", "b", "a"],
            "d": [date(2024, 1, 5), date(2024, 1, 20), date(2024, 1, 2), date(2024, 2, 2), date(2024, 2, 9)],
        }
    )
    target = {"op": "gte", "value": 5, "on": "entity_period", "since": "2024-02-01"}
    source, metric = audited(rows, agg="sum", entity="who", agg_time_dimension="d", targets=[target])
    d = source.digest(metric, Distribution, metric.targets[0])
    assert d.k.tolist() == [3, 6, 8]
    assert d.without.tolist() == [1, 1, 0]
    assert d.under.tolist() == [1, 0, 1]
    assert d.opportunity is None


def test_ratios_of_counts_carry_the_arithmetic_of_their_denominators(audited):
    rows = pa.table({"who": ["a", "b", "c"], "hits": [1, 2, 0], "at": [2, 4, 3]})
    target = {"op": "gte", "value": 0.5, "on": "entity_period"}
    source, metric = audited(
        rows,
        type="ratio",
        numerator={"expr": "hits"},
        denominator={"expr": "at"},
        entity="who",
        targets=[target],
    )
    d = source.digest(metric, Distribution, metric.targets[0])
    assert (d.exact, d.k.tolist()) == (True, [0, 2, 3, 5, 6, 7, 10])  # quarters and thirds fall between tenths
    halves = {0: 1 / 3, 5: 1 / 3, 10: 1 / 3}
    quarters = dict.fromkeys((0, 2, 5, 7, 10), 1 / 5)
    thirds = dict.fromkeys((0, 3, 6, 10), 1 / 4)
    expected = [halves.get(k, 0) + quarters.get(k, 0) + thirds.get(k, 0) for k in d.k.tolist()]
    assert d.opportunity == pytest.approx(expected, abs=1e-12)
    assert d.all.tolist() == [1, 0, 0, 2, 0, 0, 0]


def test_opportunity_spreads_each_ratio_over_the_outcomes_within_its_reach():
    grid = Grid(step=Fraction(1, 10000), exact=False)
    k, mass = opportunity(np.array([20]), np.array([40]), np.array([9]), grid)
    # a tenth either way of 20/40: numerators 16 to 24
    assert k.tolist() == [250 * j for j in range(16, 25)]
    assert mass == pytest.approx(np.ones(9))


def test_opportunity_of_large_counts_is_flat_and_keeps_its_mass():
    grid = Grid(step=Fraction(1, 10000), exact=False)
    k, mass = opportunity(np.array([50_000, 3]), np.array([100_000, 100_000]), np.array([4, 2]), grid)
    middle = (k > 4000) & (k < 6000)
    assert mass[middle] == pytest.approx(4 / 2001)
    assert mass.sum() == pytest.approx(6)
    assert k.min() == 0


def test_opportunity_leaves_no_trace_of_a_pile_of_large_counts():
    rng = np.random.default_rng(1)
    w = rng.integers(5_000, 20_000, 3_000)
    share = rng.normal(0.5, 0.1, 3_000).clip(0.01, 0.99)
    share[:600] = 0.55
    x = np.rint(w * share).astype(np.int64)
    k, mass = opportunity(x, w, np.ones(3_000, dtype=np.int64), Grid(step=Fraction(1, 10000), exact=False))
    at, beside = mass[(k >= 5490) & (k < 5510)].mean(), mass[(k >= 5900) & (k < 6000)].mean()
    assert at < 1.3 * beside


def test_ratios_row_by_row_are_grouped_by_their_counts(audited):
    rows = pa.table({"a": [1, 1, 2], "b": [3, 3, 4]})
    source, metric = audited(rows, type="ratio", numerator={"expr": "a"}, denominator={"expr": "b"})
    d = source.digest(metric, Distribution)
    assert d.all.sum() == 3
    assert d.opportunity is not None
    assert d.opportunity.sum() == pytest.approx(3, abs=1e-6)
    third = d.k[d.all == 2]
    assert third.tolist() == [int(np.floor(1 / 3 / float(d.step)))]


def test_numbers_know_their_decimals():
    assert [decimal(v) for v in (5.0, 22.45, 0.000001, 1 / 3, 1e7)] == [0, 2, 6, None, 0]


def test_huge_integers_stay_exact_while_doubles_are():
    extent = Extent(n=2, low=0.0, high=2.0**52, decimals=0)
    assert exact((extent,), ()) == Grid(step=Fraction(1), exact=True)
    assert exact((Extent(n=2, low=0.0, high=2.0**60, decimals=0),), ()) is None
    grid = fine(Extent(n=2, low=0.0, high=2.0**60, decimals=0), (0.0, 2.0**60), (), lambda g: 2)
    assert float(grid.step) > 1


def test_a_large_offset_keeps_bins_apart(audited):
    rng = np.random.default_rng(4)
    x = 1e9 + rng.normal(0, 1, 20_000)
    source, metric = audited(pa.table({"x": x}), targets=[{**ROW, "value": 1e9}])
    d = source.digest(metric, Distribution, metric.targets[0])
    assert abs(int(d.under[d.k >= int(Fraction(10**9) / d.step)].sum()) - int((x >= 1e9).sum())) <= 2


def test_the_same_counts_serve_all_targets_that_are_always_in_force(audited):
    targets = [{**ROW, "value": v} for v in (1, 2)]
    source, metric = audited(pa.table({"x": [1, 2, 3]}), targets=targets)
    a, b = (source.digest(metric, Distribution, t) for t in metric.targets)
    assert a.under.tolist() == b.under.tolist() == [1, 1, 1]
    source.digest(metric, Distribution, Target(op="gte", value=1, on="row"))
    assert len(source.statements) == len(set(source.statements)) == 2  # the survey and one count


@pytest.mark.parametrize(("op", "met"), [("lte", True), ("lt", False), ("gte", True), ("gt", False)])
@pytest.mark.parametrize("on", ["row", "entity_period"])
def test_values_at_their_very_target_lie_on_the_side_that_it_says(audited, op, met, on):
    """Values with many decimals lie on no grid; those cut to exactly 20 are one side of `at most 20` all the same."""
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(20, 3, 400), np.full(50, 20.0)])
    by = {} if on == "row" else {"entity": "who"}
    table = pa.table({"x": x, "who": np.arange(len(x))})
    source, metric = audited(table, targets=[{"op": op, "value": 20.0, "on": on}], **by)
    target = metric.targets[0]
    d = source.digest(metric, Distribution, target)
    assert not d.exact
    (edges,) = edges_of([d], [target])
    reached = int(edges.under[edges.k >= edges.at[0]].sum())
    beyond = int((x < 20).sum()) if op in ("lte", "lt") else int((x > 20).sum())
    assert reached == beyond + (50 if met else 0)
