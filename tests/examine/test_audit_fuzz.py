"""Any register over any small table: a verdict on each metric, and no check breaks down."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whole_register import audit

from pitprop.define.metric import Register

COLUMNS = ("x", "y", "z")
AGGREGATIONS = ("sum", "average", "count", "count_distinct", "min", "max", "median", "share", "ratio")
days = st.dates(date(2024, 1, 1), date(2026, 12, 31)) | st.sampled_from([date(1, 1, 1), date(9999, 12, 31)])
numbers = (
    st.integers(-3, 12).map(float)
    | st.floats(-100, 100)
    | st.sampled_from([0.0, 7.0, 1e-12, -1e9, 1e37, 1e99, float("nan"), float("inf")])
)
levels = st.sampled_from([0.0, 0.5, 1.0, 7.0, 7.25, -3.0, 1e9, 1e30, "z", "x"])
maybe_day = st.none() | st.sampled_from(["2024-06-01", "2025-01-01", "2025-01-01", "2025-01-01", "2030-01-01"])


def columns(n: int) -> dict[str, st.SearchStrategy[list[Any]]]:
    """What each column may hold; small alphabets, so that cells and groups fill."""

    def of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
        return st.lists(st.none() | values, min_size=n, max_size=n) | st.lists(values, min_size=n, max_size=n)

    told = {name: of(numbers) | of(st.sampled_from([6.0, 7.0, 8.0])) for name in COLUMNS}
    return {
        **told,
        "unit": of(st.sampled_from(["a", "b", "c", "", "d'; --"])),
        "day": of(days) | of(st.sampled_from([date(2024 + m // 12, 1 + m % 12, 1 + m) for m in range(24)])),
        "loaded": of(days),
        "grp": of(st.sampled_from(["p", "q"])),
        "gone": of(st.booleans()),
    }


@st.composite
def scraps(draw: st.DrawFn) -> pa.Table:
    """A few rows of anything, once or several times."""
    n, times = draw(st.integers(0, 24)), draw(st.sampled_from([1, 1, 7, 40]))
    drawn = draw(st.fixed_dictionaries(columns(n)))
    kinds = {"unit": pa.string(), "day": pa.date32(), "loaded": pa.date32(), "grp": pa.string(), "gone": pa.bool_()}
    return pa.table({k: pa.array(v * times, kinds.get(k, pa.float64())) for k, v in drawn.items()})


FLAVOURS = ("plain", "whole", "few", "rounded", "constant", "own", "trend", "skewed", "wild", "gaps", "huge")


def flavoured(flavour: str, unit: Any, month: Any, rng: np.random.Generator) -> Any:
    """A column of numbers of one kind, for rows of these units and months."""
    n = len(unit)
    plain = 7 + rng.standard_normal(n) + rng.standard_normal(100)[unit]
    return {
        "plain": lambda: plain,
        "whole": lambda: rng.poisson(3, n).astype(float),
        "few": lambda: rng.choice([6.0, 7.0, 8.0], n),
        "rounded": lambda: np.where(rng.random(n) < 0.5, np.round(plain), np.round(plain, 1)),
        "constant": lambda: np.full(n, 7.0),
        "own": lambda: unit + 0.25,
        "trend": lambda: month * 0.5,
        "skewed": lambda: np.round(np.exp(plain), 2),
        "wild": lambda: np.where(rng.random(n) < 0.01, rng.choice([1e37, -1e99, 1e12], n), plain),
        "gaps": lambda: np.where(rng.random(n) < 0.3, rng.choice([np.nan, np.inf], n), plain),
        "huge": lambda: 1e9 + np.round(plain, 2),
    }[flavour]()


@st.composite
def crews(draw: st.DrawFn) -> pa.Table:
    """Units over months, as a table usually is, each column in its own flavour."""
    units, months = draw(st.sampled_from([1, 2, 3, 6, 12, 12])), draw(st.sampled_from([1, 2, 5, 14, 30, 30]))
    rows, seed = draw(st.sampled_from([1, 1, 3, 8])), draw(st.integers(0, 2**32 - 1))
    flavours = {name: draw(st.sampled_from(FLAVOURS)) for name in COLUMNS}
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), months * rows)
    month = np.tile(np.repeat(np.arange(months), rows), units)
    kept = rng.random(len(unit)) < draw(st.sampled_from([1.0, 1.0, 0.6]))
    unit, month = unit[kept], month[kept]
    n = len(unit)
    day = (np.datetime64("2024-01") + month).astype("datetime64[D]") + rng.integers(0, 28, n)
    return pa.table(
        {
            **{name: flavoured(flavour, unit, month, rng) for name, flavour in flavours.items()},
            "unit": np.array([f"crew {i}" for i in range(units)], dtype=str)[unit],
            "day": day,
            "loaded": day + rng.integers(0, 40, n),
            "grp": rng.choice(["p", "q"], n),
            "gone": rng.random(n) < 0.1,
        }
    )


@st.composite
def targets(draw: st.DrawFn, on: str | None = None) -> dict[str, Any]:
    since = draw(maybe_day)
    return {
        "op": draw(st.sampled_from(["gte", "gt", "lte", "lt"])),
        "value": draw(levels),
        "on": on or draw(st.sampled_from(["row", "entity_period"])),
        "stakes": draw(st.sampled_from(["none", "bonus", "ranking", "budget"])),
        **({} if since is None else {"since": since}),
        **({"until": "2026-03-01"} if since in (None, "2025-01-01") and draw(st.booleans()) else {}),
    }


@st.composite
def metrics(draw: st.DrawFn, name: str, others: tuple[str, ...]) -> dict[str, Any]:
    agg = draw(st.sampled_from(AGGREGATIONS))
    parts: dict[str, Any] = {"type": "simple", "agg": agg, "expr": draw(st.sampled_from(COLUMNS))}
    if agg == "ratio":
        part = st.fixed_dictionaries({"agg": st.sampled_from(["sum", "count"]), "expr": st.sampled_from(COLUMNS)})
        parts = {"type": "ratio", "numerator": draw(part), "denominator": draw(part)}
    timed = draw(st.sampled_from([True, True, True, False]))
    told = draw(st.lists(targets(), max_size=2))
    if agg == "share":
        told = [draw(targets(on="row")), *told]
    optional = {
        "outcome": st.fixed_dictionaries({"metric": st.sampled_from(others), "lag": st.integers(0, 2)}),
        "guardrails": st.lists(
            st.fixed_dictionaries({"metric": st.sampled_from(others), "margin": st.sampled_from(["5%", "0%", 0.5])}),
            max_size=2,
            unique_by=lambda g: g["metric"],
        ),
        "competing": st.lists(st.sampled_from(others), max_size=2, unique=True),
        "case_mix": st.just("grp"),
        "exclusion": st.sampled_from(["gone", "x > 7"]),
        "filter": st.just("y >= 0"),
        "revisions": st.fixed_dictionaries(
            {"loaded": st.just("loaded"), "mode": st.sampled_from(["append", "snapshot"]), "due": st.integers(0, 40)}
        ),
        "events": st.lists(
            st.fixed_dictionaries(
                {
                    "date": st.sampled_from(["2024-07-01", "2025-02-15", "2031-01-01"]),
                    "kind": st.sampled_from(["work", "definition"]),
                    "direction": st.sampled_from(["better", "worse", None]),
                }
            ),
            max_size=2,
        ),
        "cost": st.just({"hours_per_period": [1, 4], "hourly_rate": 40}),
        "information": st.just({"benefit_per_unit": [-1, 3], "break_even": 6}),
        "decision": st.just("whom to send"),
        "decisions_per_year": st.sampled_from([0, 12]),
        "resolution": st.sampled_from([0.01, 1, 1e-9, 1e9]),
        "alternatives": st.just(["rationed"]),
        "serves": st.just(["coal"]),
    }
    everything = draw(st.booleans())
    chosen = draw(st.fixed_dictionaries(optional if everything else {}, optional={} if everything else optional))
    return {
        "name": name,
        "source": "rows",
        "improvement_direction": draw(st.sampled_from(["increase", "decrease", "neutral"])),
        "time_granularity": draw(st.sampled_from(["month"] * 6 + ["day", "week", "quarter", "year"])),
        "targets": [t for t in told if timed or not {"since", "until"} & set(t)],
        **({"entity": "unit"} if draw(st.booleans()) or timed else {}),
        **({"agg_time_dimension": "day"} if timed else {}),
        **parts,
        **chosen,
    }


@st.composite
def registers(draw: st.DrawFn) -> Register:
    names = ("one", "two", "three")
    told = [draw(metrics(name, tuple(n for n in names if n != name))) for name in names]
    for metric in told:
        if metric.get("agg") == "share" and not any(t["on"] == "row" for t in metric["targets"]):
            metric["targets"].append({"op": "gte", "value": 7.0, "on": "row"})
    return Register.model_validate(
        {
            "version": 1,
            "sources": {"rows": {"path": "rows.parquet"}},
            "purposes": [{"name": "coal"}, {"name": "welfare", "weight": 3}],
            "metrics": told,
        }
    )


@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(registers(), crews() | scraps())
def test_any_register_over_any_table_gets_verdicts_that_can_be_told(declared: Register, table: pa.Table) -> None:
    told = audit(table, declared)
    assert not told.unrun()
    assert len(told.verdicts) == len(declared.metrics)
    assert all(v.because and v.remedy for v in told.verdicts)
    assert json.loads(told.render("json"), parse_constant=lambda word: 1 / 0)["metrics"]
