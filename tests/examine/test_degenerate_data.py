"""Data that say nothing: no check breaks down, none finds a suspicion in them, and nothing is kept or discarded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from whole_register import COMMON, METRICS, audit, findings, register, work

from pitprop.examine.finding import State
from pitprop.judge.verdict import Ruling

NUMBERS = ("x", "y", "w", "harm", "spare", "quota")
ASKED = ("mean_rows", "mean_quota", "total", "hits", "rate", "snapshot")
"""Numbers of each kind whose grains differ: rows and cells, a target in a column, parts, loads."""
Rows = dict[str, Any]
BASE = work(8, 24, seed=13, start="2024-01")
SIZE = len(BASE["x"])
REGISTER = register({name: METRICS[name] for name in ASKED})


def even(rows: Rows) -> Rows:
    """Six rows of each unit in each month, all of them counted and loaded at once."""
    key = np.char.add(rows["unit"].astype(str), rows["day"].astype("datetime64[M]").astype(str))
    first = np.unique(key, return_index=True)[1]
    kept = np.repeat(np.sort(first), 6)
    out = {name: values[kept] for name, values in rows.items()}
    month = out["day"].astype("datetime64[M]").astype("datetime64[D]")
    return {
        **out,
        "day": month + np.tile(np.arange(0, 24, 4), len(first)),
        "taken_out": np.zeros(len(kept), dtype=bool),
        "loaded": month + np.timedelta64(27, "D"),
        "grp": np.full(len(kept), "seam a"),
    }


def every(value: float) -> Callable[[], Rows]:
    def make() -> Rows:
        rows = even(BASE)
        return {**rows, **dict.fromkeys(NUMBERS, np.full(len(rows["x"]), value))}

    return make


def without(*names: str, kind: Any) -> Callable[[], Rows]:
    return lambda: {**BASE, **{name: pa.nulls(SIZE, kind) for name in names}}


def only(keep: Callable[[Rows], Any]) -> Callable[[], Rows]:
    return lambda: {name: values[keep(BASE)] for name, values in BASE.items()}


def one_month_of_many() -> Rows:
    return work(150, 1, start="2025-03")


def one_month_each() -> Rows:
    month = BASE["day"].astype("datetime64[M]").astype(int)
    own = np.unique(BASE["unit"], return_inverse=True)[1] * 3 == month - month.min()
    return {name: values[own] for name, values in BASE.items()}


HOLLOW: dict[str, Callable[[], Rows]] = {
    "all seven": every(7.0),
    "all a third": every(1 / 3),
    "all zero": every(0.0),
    "all minus a tenth": every(-0.1),
    "all NaN": every(np.nan),
    "all infinite": every(np.inf),
    "all beyond what is taken for a number": every(1e200),
    "no values": without(*NUMBERS, kind=pa.float64()),
    "no units": without("unit", kind=pa.string()),
    "no days": without("day", kind=pa.date32()),
    "all taken out": lambda: {**BASE, "taken_out": np.ones(SIZE, dtype=bool)},
    "no rows": only(lambda rows: np.zeros(SIZE, dtype=bool)),
    "one row": only(lambda rows: np.arange(SIZE) == 7),
    "two rows": only(lambda rows: np.isin(np.arange(SIZE), [7, SIZE - 7])),
    "three rows": only(lambda rows: np.isin(np.arange(SIZE), [7, SIZE // 2, SIZE - 7])),
    "one unit": only(lambda rows: rows["unit"] == "crew 0003"),
    "two units": only(lambda rows: np.isin(rows["unit"], ["crew 0003", "crew 0004"])),
    "one month": only(lambda rows: rows["day"].astype("datetime64[M]") == np.datetime64("2025-03")),
    "two months": only(
        lambda rows: np.isin(rows["day"].astype("datetime64[M]"), np.array(["2024-12", "2025-01"], "datetime64[M]"))
    ),
    "one month of many": one_month_of_many,
    "one month each": one_month_each,
    "each row its own unit": lambda: {**BASE, "unit": np.array([f"u{i:05d}" for i in range(SIZE)])},
}
AWKWARD: dict[str, Callable[[], Rows]] = {
    "offset by a billion": lambda: {**BASE, **{name: BASE[name] + 1e9 for name in NUMBERS}},
    "offset beyond digits": lambda: {**BASE, **{name: BASE[name] + 1e15 for name in NUMBERS}},
    "times 1e90": lambda: {**BASE, **{name: BASE[name] * 1e90 for name in NUMBERS}},
    "times 1e-90": lambda: {**BASE, **{name: BASE[name] * 1e-90 for name in NUMBERS}},
    "negative": lambda: {**BASE, **{name: -BASE[name] for name in NUMBERS}},
    "no outcome": without("y", kind=pa.float64()),
    "no quota": without("quota", kind=pa.float64()),
    "no groups, no exclusion, no loads": lambda: {
        **BASE,
        "grp": pa.nulls(SIZE, pa.string()),
        "taken_out": pa.nulls(SIZE, pa.bool_()),
        "loaded": pa.nulls(SIZE, pa.date32()),
    },
    "loaded before they happened": lambda: {**BASE, "loaded": BASE["day"] - np.timedelta64(400, "D")},
    "the same number everywhere": lambda: {**BASE, **dict.fromkeys(("y", "w", "harm", "spare"), BASE["x"])},
    "five centuries apart": lambda: {
        **BASE,
        "day": np.where(np.arange(SIZE) % 2, BASE["day"], BASE["day"] - np.timedelta64(500 * 365, "D")),
    },
    "a third NaN": lambda: {**BASE, "x": np.where(np.arange(SIZE) % 3, BASE["x"], np.nan)},
    "a third infinite": lambda: {**BASE, "x": np.where(np.arange(SIZE) % 3, BASE["x"], -np.inf)},
}


@pytest.mark.parametrize("name", HOLLOW)
def test_what_says_nothing_raises_no_suspicion_and_is_undecided(name: str) -> None:
    told = audit(HOLLOW[name](), REGISTER)
    assert not told.unrun()
    raised = {(m, f.check) for m, f in findings(told) if f.state is State.SUSPECT and f.family != "governance"}
    if name == "one month of many":  # their rows tell that a hundred and fifty in one order cannot all be told apart
        raised = {(m, check) for m, check in raised if check != "rankability"}
    assert not raised
    assert {v.ruling for v in told.verdicts} == {Ruling.UNDECIDED}


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_numbers_break_no_check_down_and_raise_no_suspicion_of_distortion(name: str) -> None:
    told = audit(AWKWARD[name](), REGISTER)
    assert not told.unrun()
    assert not {
        (m, f.check) for m, f in findings(told) if f.state is State.SUSPECT and f.family.startswith("distorted")
    }
    assert Ruling.DISCARD not in {v.ruling for v in told.verdicts}
    if name.startswith("a third"):
        assert told["mean_rows"].ruling is Ruling.UNDECIDED


@pytest.mark.parametrize("value", [-1e6, 1e6, 1e30])
def test_a_target_that_nobody_is_near_is_held_against_nobody(value: float) -> None:
    far = {
        name: {**METRICS[name], "targets": [{**t, "value": value} for t in METRICS[name]["targets"]]}
        for name in ("mean_rows", "total", "rate", "hits")
    }
    told = audit(BASE, register(far))
    assert not told.unrun()
    assert not {(m, f.check) for m, f in findings(told) if f.state is State.SUSPECT and f.check == "bunching"}
    assert not {(m, f.check) for m, f in findings(told) if f.state is State.SUSPECT and f.family == "distorted_work"}


def test_one_fill_value_among_ordinary_ones_is_no_silent_suspicion() -> None:
    filled = {**BASE, "x": np.where(np.arange(SIZE) == 17, 1e37, BASE["x"])}
    told = audit(filled, register({name: METRICS[name] for name in ("mean_quota", "total", "rate")}))
    assert not told.unrun()
    assert not {(m, f.check) for m, f in findings(told) if f.state is State.SUSPECT and f.family == "distorted_data"}
    assert not {v.ruling for v in told.verdicts} & {Ruling.KEEP, Ruling.DISCARD}


def test_the_base_of_these_tests_is_itself_honest_and_measured() -> None:
    told = audit(BASE, REGISTER)
    assert COMMON["outcome"]["metric"] == "success"
    clear = {(m, f.check) for m, f in findings(told) if f.state is State.CLEAR}
    assert {("mean_rows", "reliability"), ("rate", "guardrail"), ("hits", "crowding_out")} <= clear
    assert Ruling.DISCARD not in {v.ruling for v in told.verdicts}
