"""The same organisation told differently: other orders, names, units, signs, years. Nothing may change."""

from __future__ import annotations

import functools
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from whole_register import COMMON, COMPANIONS, METRICS, audit, findings, register, work

from pitprop.examine.finding import Finding, State
from pitprop.judge.verdict import Ruling
from pitprop.report.audit import Audit

Rows = dict[str, Any]
Metrics = dict[str, dict[str, Any]]
AMOUNTS = ("x", "y", "harm", "spare", "quota")
ASKED = ("mean_quota", "mean_rows", "total", "volume", "hits", "rate", "wait")
"""Averages, sums, counts, shares and ratios; targets as numbers, as a column, of rows and of cells."""
TURNED = {"gte": "lte", "lte": "gte", "gt": "lt", "lt": "gt", "increase": "decrease", "decrease": "increase"}


def honest() -> Rows:
    return work(seed=0)


def gamed() -> Rows:
    """Since the target near misses are written up, low results are taken out, and what is not rewarded falls back."""
    rows, rng = honest(), np.random.default_rng(9)
    since = rows["day"] >= np.datetime64("2025-01-01")
    n = len(since)
    pushed = since & (rows["x"] >= 6.4) & (rows["x"] < 7.0) & (rng.random(n) < 0.9)
    return {
        **rows,
        "x": np.where(pushed, np.round(7 + 0.1 * rng.random(n), 2), rows["x"]),
        "spare": np.where(since, np.round(rows["spare"] * 0.6, 2), rows["spare"]),
        "taken_out": rows["taken_out"] | (since & (rows["x"] < 5) & (rng.random(n) < 0.7)),
    }


VERSIONS: dict[str, Callable[[], Rows]] = {"honest": honest, "gamed": gamed}


def asked() -> Metrics:
    return {name: deepcopy({**COMMON, **METRICS[name]}) for name in ASKED}


@functools.cache
def first(version: str) -> Audit:
    return audit(VERSIONS[version](), register(asked()))


def by_name(told: Audit) -> dict[tuple[str, str], Finding]:
    return {(metric, f.check): f for metric, f in findings(told)}


def held_alike(one: Audit, two: Audit, *, but: frozenset[tuple[str, str]] = frozenset(), factor: float = 1.0) -> None:
    """The same rulings and states; the same statistics to 1e-9 of their size, or that many times as large."""
    assert {v.metric.name: v.ruling for v in one.verdicts}.items() <= {
        v.metric.name: v.ruling for v in two.verdicts
    }.items()
    again = by_name(two)
    for key, f in by_name(one).items():
        g = again[key]
        if key[0] != "register" or key not in but:
            assert (key, g.state, g.grade) == (key, f.state, f.grade)
        if key in but:
            continue
        assert g.p_value == (f.p_value if f.p_value is None else pytest.approx(f.p_value, rel=1e-6, abs=1e-9)), key
        before = [x for x in (f.effect, *(f.interval or ())) if x is not None]
        after = [x for x in (g.effect, *(g.interval or ())) if x is not None]
        plain = after == pytest.approx(before, rel=1e-9, abs=1e-12)
        assert plain or after == pytest.approx([factor * x for x in before], rel=1e-9, abs=1e-12), key


@pytest.mark.parametrize("version", VERSIONS)
def test_rows_in_another_order(version: str) -> None:
    rows = VERSIONS[version]()
    order = np.random.default_rng(3).permutation(len(rows["x"]))
    held_alike(first(version), audit({name: v[order] for name, v in rows.items()}, register(asked())))


@pytest.mark.parametrize("version", VERSIONS)
def test_units_of_other_names_in_another_order(version: str) -> None:
    rows = VERSIONS[version]()
    names, index = np.unique(rows["unit"], return_inverse=True)
    renamed = np.array([f"Gang {i:02d}" for i in np.random.default_rng(1).permutation(len(names))])
    held_alike(first(version), audit({**rows, "unit": renamed[index]}, register(asked())))


@pytest.mark.parametrize("version", VERSIONS)
def test_amounts_in_thousandths_of_the_unit(version: str) -> None:
    rows, metrics = VERSIONS[version](), asked()
    for metric in metrics.values():
        metric["resolution"] *= 1000
        measured = metric.get("agg") not in ("count", "share")
        for target in metric["targets"]:
            if isinstance(target["value"], float) and (measured or target["on"] == "row"):
                target["value"] *= 1000
        if measured:
            told = metric["information"]
            told["break_even"] *= 1000
            told["benefit_per_unit"] = [b / 1000 for b in told["benefit_per_unit"]]
        for guardrail in metric["guardrails"]:
            if isinstance(guardrail["margin"], float):
                guardrail["margin"] *= 1000
    told = audit({**rows, **{name: np.round(rows[name] * 1000) for name in AMOUNTS}}, register(metrics))
    # a sum of amounts becomes a sum of whole numbers, which is another question to smoothness
    held_alike(first(version), told, but=frozenset({("total", "smoothness")}), factor=1000.0)


@pytest.mark.parametrize("version", VERSIONS)
def test_everything_turned_upside_down(version: str) -> None:
    rows, metrics = VERSIONS[version](), asked()
    for metric in metrics.values():
        if metric.get("agg") == "count":
            continue
        if metric.get("agg") != "share":
            metric["improvement_direction"] = TURNED[metric["improvement_direction"]]
            told = metric["information"]
            told["break_even"] *= -1
            told["benefit_per_unit"] = [-b for b in told["benefit_per_unit"]][::-1]
        for target in metric["targets"]:
            target["op"] = TURNED[target["op"]]
            if isinstance(target["value"], float):
                target["value"] *= -1
    turned = {
        name: {**fields, "improvement_direction": TURNED[fields.get("improvement_direction", "increase")]}
        for name, fields in COMPANIONS.items()
    }
    told = audit({**rows, **{name: -rows[name] for name in AMOUNTS}}, register(metrics, companions=turned))
    # values that lie on no grid are counted in steps that are open on one side
    but = frozenset((name, "bunching") for name in ("mean_quota", "rate", "wait"))
    held_alike(first(version), told, but=but)
    one, two = by_name(first(version)), by_name(told)
    for key in but:
        low, high = one[key].interval or (0.0, 0.0)
        assert two[key].effect == pytest.approx(one[key].effect, abs=0.1 * (high - low))


@pytest.mark.parametrize("version", VERSIONS)
def test_everything_twenty_eight_years_later(version: str) -> None:
    rows, metrics = VERSIONS[version](), asked()

    def later(day: str | None) -> str | None:
        return day and f"{int(day[:4]) + 28}{day[4:]}"

    for metric in metrics.values():
        metric["targets"] = [{**t, "since": later(t["since"])} for t in metric["targets"]]
        metric["events"] = [{**e, "date": later(e["date"])} for e in metric["events"]]
    shift = np.timedelta64(28 * 1461 // 4, "D")  # the same days of the week
    told = audit({**rows, "day": rows["day"] + shift, "loaded": rows["loaded"] + shift}, register(metrics))
    held_alike(first(version), told)


@pytest.mark.parametrize("version", VERSIONS)
def test_beside_another_number_and_other_columns(version: str) -> None:
    rows, metrics = VERSIONS[version](), asked()
    n = len(rows["x"])
    metrics["unrelated"] = {
        **{k: COMMON[k] for k in ("type", "source", "improvement_direction")},
        "agg": "average",
        "expr": "draws",
        "entity": "team",
        "serves": [],
    }
    draws = np.random.default_rng(8)
    more = {"note": np.full(n, "a\nb"), "draws": draws.random(n), "team": draws.choice(["p", "q", "r"], n)}
    told = audit({**more, **rows}, register(metrics))
    held_alike(first(version), told, but=frozenset({("register", "per_decision")}))


def test_the_gamed_version_is_challenged_and_the_honest_one_is_not() -> None:
    assert Ruling.CHALLENGE not in {v.ruling for v in first("honest").verdicts}
    found = {(m, f.check) for m, f in findings(first("gamed")) if f.state is State.SUSPECT}
    assert {("mean_rows", "bunching"), ("hits", "bunching")} <= found
    unrewarded = [by_name(first(version))["hits", "crowding_out"].state for version in ("honest", "gamed")]
    assert unrewarded == [State.CLEAR, State.INCONCLUSIVE]
    assert first("gamed")["hits"].ruling is not Ruling.KEEP
    assert Ruling.CHALLENGE in {v.ruling for v in first("gamed").verdicts}
