"""The public data sets, with numbers that were computed elsewhere."""

import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pitprop import digest
from pitprop.define.metric import Register
from pitprop.digest import Distribution, Panel

DATA = Path(__file__).parent.parent.parent / "examples" / "public" / "data"
SHARED = {"type": "simple", "source": "s", "improvement_direction": "increase"}


def opened(path: str, **fields):
    declared = Register.model_validate(
        {"version": 1, "sources": {"s": {"path": path}}, "metrics": [{"name": "m", **SHARED, **fields}]}
    )
    return digest.open(declared, folder=DATA), declared.metrics[0]


def test_gas_guzzler_rows_below_and_above_the_notch():
    source, metric = opened(
        "epa_gas_guzzler/vehicles.parquet",
        agg="average",
        expr="unadj_comb_mpg",
        filter="is_car and year >= 1998 and not back_calculated and fuelType1 like '%Gasoline%' "
        "and coalesce(atvType, '') <> 'Plug-in Hybrid'",
        agg_time_dimension="year",
        time_granularity="year",
        targets=[{"op": "gte", "value": 22.45, "on": "row"}],
    )
    with source:
        d = source.digest(metric, Distribution, metric.targets[0])
        rows = source.rows(metric)
    assert (rows.kept, rows.filtered, rows.dropped) == (16_194, 45_752 - 16_194, 0)
    assert int(d.under.sum()) == 16_194
    edges = [int(Fraction(v) / d.step) for v in ("22.05", "22.45", "22.85")]
    below, above = (int(d.under[(d.k >= a) & (d.k < b)].sum()) for a, b in pairwise(edges))
    assert (below, above) == (117, 298)


def test_batting_averages_of_players_and_years():
    source, metric = opened(
        "baseball_300/player_seasons.parquet",
        type="ratio",
        numerator={"expr": "H"},
        denominator={"expr": "AB"},
        filter="yearID between 1975 and 2008 and AB >= 200",
        entity="playerID",
        agg_time_dimension="yearID",
        time_granularity="year",
        targets=[{"op": "gte", "value": 0.3}],
    )
    with source:
        d = source.digest(metric, Distribution, metric.targets[0])
        panel = source.digest(metric, Panel)
        assert len(source.statements) == 2  # a survey, and one query for panel and distribution together
    assert (len(panel.entity), len(panel.periods), int(d.under.sum())) == (10_056, 34, 10_056)
    thousandths = np.floor(panel.metric.value * 1000 + 0.5).astype(int)
    assert [(thousandths == k).sum() for k in (299, 300)] == [34, 141]
    target = int(Fraction("0.3") / d.step)
    assert int(d.under[d.k >= target].sum()) == int((panel.metric.x * 10 >= panel.metric.w * 3).sum())
    assert d.opportunity is not None
    assert d.opportunity.sum() == pytest.approx(10_056, abs=1e-3)
    exactly = d.k == target  # .3 is k/n for many n: chance alone piles up there
    beside = (np.abs(d.k - target) <= 50) & ~exactly
    assert d.opportunity[exactly][0] > 3 * d.opportunity[beside].max()


def test_stars_are_never_below_the_rating():
    source, metric = opened(
        "fandango/score_comparison_2015.parquet",
        agg="average",
        expr="Fandango_Stars",
        targets=[{"op": "gte", "value": "Fandango_Ratingvalue", "on": "row"}],
    )
    with source:
        d = source.digest(metric, Distribution, metric.targets[0])
    assert (d.relative, d.exact, int(d.under.sum())) == (True, True, 146)
    assert int(d.k.min()) == 0
    assert dict(zip(d.values.tolist(), d.under.tolist(), strict=True))[0.5] == 13


def test_coal_tons_per_hour_underground_is_a_ratio_of_sums():
    source, metric = opened(
        "us_coal_mines/mine_years_2008_2012.parquet",
        type="ratio",
        numerator={"expr": "Production_short_tons"},
        denominator={"expr": "Labor_Hours"},
        filter="Mine_Type = 'Underground'",
        agg_time_dimension="Year",
        time_granularity="year",
    )
    with source:
        panel = source.digest(metric, Panel)
    table = pq.read_table(DATA / "us_coal_mines" / "mine_years_2008_2012.parquet").to_pandas()
    years = table[table.Mine_Type == "Underground"].groupby("Year")
    oracle = years.Production_short_tons.sum() / years.Labor_Hours.sum()
    assert panel.metric.value == pytest.approx(oracle.to_numpy(), rel=1e-12)
    assert np.round(panel.metric.value, 2).tolist() == [3.15, 2.99, 2.89, 2.72, 2.84]


def test_a_million_rows_are_digested_well_within_a_second(tmp_path):
    rng = np.random.default_rng(0)
    n = 1_000_000
    table = pa.table(
        {
            "x": np.round(rng.normal(100, 15, n), 2),
            "unit": rng.integers(0, 2000, n).astype(np.int32),
            "d": np.datetime64("2023-01-01") + rng.integers(0, 730, n).astype("timedelta64[D]"),
        }
    )
    pq.write_table(table, tmp_path / "m.parquet")
    metric = {"name": "m", **SHARED, "agg": "average", "expr": "x", "entity": "unit", "agg_time_dimension": "d"}
    target = {"op": "gte", "value": 100, "on": "row", "since": "2024-01-01"}
    declared = Register.model_validate(
        {"version": 1, "sources": {"s": {"path": "m.parquet"}}, "metrics": [{**metric, "targets": [target]}]}
    )
    took = []
    for _ in range(3):
        with digest.open(declared, folder=tmp_path) as source:
            start = time.process_time()
            d = source.digest(declared.metrics[0], Distribution, declared.metrics[0].targets[0])
            took.append(time.process_time() - start)
    assert int(d.all.sum()) == n
    assert min(took) < 1.0  # of processor time, survey included
