"""Examining: what goes wrong with one metric or one check stays there, and each grain is asked for once."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from pitprop.define.metric import Metric, PolicyChoices, Register, Source
from pitprop.digest.distribution import Distribution
from pitprop.digest.panel import Measure, Panel
from pitprop.digest.problem import GrainError, SourceError
from pitprop.digest.rows import Rows
from pitprop.examine.battery import battery, entry
from pitprop.examine.check import Brief, Check
from pitprop.examine.examine import NEEDED, Setting, examine
from pitprop.examine.finding import Finding, State
from pitprop.examine.selection import plan
from pitprop.examine.specimen import declared

SETTING = Setting(today=date(2027, 1, 1), seed=3)


def distribution(kept: int = 3, **rows: int) -> Distribution:
    counts = np.array([kept]) if kept else np.array([], dtype=np.int64)
    none = np.zeros_like(counts)
    return Distribution(
        step=Fraction(1),
        k=np.arange(len(counts)),
        under=counts,
        without=none,
        exempt=none,
        exact=True,
        rows=Rows(kept=kept, **rows),
    )


def panel() -> Panel:
    two = np.array([4.0, 6.0])
    return Panel(
        entities=("a",),
        periods=np.array(["2026-01-01", "2026-02-01"], dtype="datetime64[D]"),
        granularity="month",
        entity=np.array([0, 0]),
        period=np.array([0, 1]),
        metric=Measure(agg="sum", pivot=0.0, n=np.array([2, 2]), x=two, xx=two, w=two, ww=two, xw=two),
        exempt=np.zeros(2, dtype=bool),
        target=np.full(2, np.nan),
        rows=Rows(kept=4, null=1),
    )


class Shelf:
    """Grains at hand, by metric and kind; an exception on the shelf is raised. It keeps what was asked."""

    def __init__(self, **grains) -> None:
        self.grains = grains
        self.asked: list[tuple] = []

    def digest(self, metric: Metric, grain: type, target=None):
        self.asked.append((metric.name, grain.__name__, target))
        found = self.grains.get(metric.name, {}).get(grain, panel() if grain is Panel else distribution())
        if isinstance(found, Exception):
            raise found
        return found

    def notes(self, metric: Metric) -> tuple[str, ...]:
        return (f"{metric.name} was read as it is.",)


def of_panel(grain: Panel, brief: Brief) -> Finding:
    return Finding(state=State.CLEAR, says="fine", effect=brief.smallest_effect, n=int(grain.metric.n.sum()))


def of_rows(grain: Distribution, brief: Brief) -> Finding:
    return Finding(state=State.CLEAR, says=f"{brief.today} {brief.seed} {brief.minimum_group}")


def of_targets(grain: tuple[Distribution, ...], brief: Brief) -> Finding:
    return Finding(state=State.CLEAR, says="fine", n=len(grain))


def breaks(grain: Panel, brief: Brief) -> Finding:
    raise ZeroDivisionError("division by zero")


def of_register(register: Register, brief: Brief) -> Finding:
    return Finding(state=State.CLEAR, says="fine", n=len(register.metrics))


def check(run, code: str, needs=()):
    plain = Check(
        code=code,
        title="?",
        run=run,
        smallest_effect=0.25,
        effect_is="",
        source="",
        clear=(),
        suspect=(),
        needs=needs,
    )
    return entry(plain, name=run.__name__, family="noise", page="")


CHECKS = (
    check(of_rows, "PP301"),
    check(of_targets, "PP302", ("targets",)),
    check(of_panel, "PP303"),
    check(breaks, "PP304"),
    check(of_register, "PP305"),
)


def register(*metrics: Metric, **policy) -> Register:
    return Register(
        version=1,
        sources={"shifts": Source(path="s.csv")},
        metrics=metrics or (declared(),),
        policy=PolicyChoices(**policy),
    )


def examined(told: Register, shelf: Shelf, checks=CHECKS, progress=None):
    examinations, portfolio = examine(told, shelf, plan(told, checks), SETTING, progress=progress)
    return {e.metric.name: e for e in examinations}, portfolio


def by_check(examination):
    return {f.check: f for f in examination.findings}


def test_each_grain_is_asked_for_once_however_many_checks_want_it():
    shelf = Shelf()
    told = declared()
    found, _ = examined(register(told), shelf)
    assert sorted(name for _, name, _ in shelf.asked) == ["Distribution", "Distribution", "Panel"]
    assert [target for _, name, target in shelf.asked if name == "Distribution"] == [None, told.targets[0]]
    assert by_check(found[told.name])["of_targets"].n == 1


def test_findings_are_stamped_with_code_name_and_family():
    found, _ = examined(register(), Shelf())
    stamped = [(f.code, f.check, f.family) for f in found["tonnes_per_shift"].findings]
    assert stamped[0] == ("PP301", "of_rows", "noise")
    assert [code for code, _, _ in stamped] == ["PP301", "PP302", "PP303", "PP304"]


def test_a_check_is_told_the_policy_of_the_register():
    found, _ = examined(register(effects={"of_panel": 0.5}, minimum_group=20), Shelf())
    told = by_check(found["tonnes_per_shift"])
    assert told["of_panel"].effect == 0.5
    assert told["of_rows"].says == "2027-01-01 3 20"
    plain, _ = examined(register(), Shelf())
    assert by_check(plain["tonnes_per_shift"])["of_panel"].effect == 0.25


def test_a_check_that_breaks_down_is_named_and_the_others_still_run():
    found, _ = examined(register(), Shelf())
    told = by_check(found["tonnes_per_shift"])
    assert told["breaks"].state is State.NOT_APPLICABLE
    assert told["breaks"].data == {"crashed": "ZeroDivisionError: division by zero"}
    assert told["breaks"].says == (
        "The check breaks broke down (ZeroDivisionError: division by zero); this is a fault of the check."
    )
    assert told["of_panel"].state is State.CLEAR
    assert found["tonnes_per_shift"].problem == ""


@pytest.mark.parametrize(
    ("numbers", "what"),
    [
        ({"effect": math.nan}, "its effect"),
        ({"effect": math.inf}, "its effect"),
        ({"effect": 1.0, "interval": (math.nan, 2.0)}, "its interval"),
        ({"effect": 1.0, "interval": (2.0, 1.0)}, "its interval"),
        ({"p_value": math.nan}, "its p-value"),
        ({"effect": math.nan, "p_value": 1.5}, "its effect and its p-value"),
    ],
)
def test_a_check_whose_numbers_are_none_has_broken_down(numbers, what):
    def unsound(grain: Panel, brief: Brief) -> Finding:
        return Finding(state=State.SUSPECT, says="", **numbers)

    chosen = plan(register(), (check(unsound, "PP306"),))
    (only,), _ = examine(register(), Shelf(), chosen, SETTING)
    (told,) = only.findings
    assert told.state is State.NOT_APPLICABLE
    assert told.p_value is None
    assert told.data == {"crashed": f"ValueError: {what} cannot be told in numbers"}


def test_a_source_that_cannot_be_read_is_one_metrics_problem():
    good, bad = declared(name="good"), declared(name="bad")
    shelf = Shelf(bad={Distribution: SourceError("there is no file s.csv"), Panel: SourceError("other")})
    found, _ = examined(register(bad, good), shelf)
    assert found["bad"].problem == "there is no file s.csv"
    assert {f.state for f in found["bad"].findings} == {State.NOT_APPLICABLE}
    assert (found["bad"].rows, found["bad"].trend, found["bad"].fingerprint) == (None, None, "")
    assert found["good"].problem == ""
    assert by_check(found["good"])["of_panel"].state is State.CLEAR
    assert len([name for name, *_ in shelf.asked if name == "bad"]) == 1


def test_a_fault_in_reading_is_a_problem_without_the_engines_own_words():
    shelf = Shelf(tonnes_per_shift={Panel: RuntimeError("postgres://me:secret@host")})
    found, _ = examined(register(), shelf)
    assert found["tonnes_per_shift"].problem == (
        "reading the data broke down (RuntimeError); this is a fault of pitprop"
    )
    assert by_check(found["tonnes_per_shift"])["of_rows"].state is State.CLEAR


def test_a_grain_that_does_not_exist_makes_its_checks_not_applicable():
    shelf = Shelf(tonnes_per_shift={Panel: GrainError("Declare `agg_time_dimension`.")})
    found, _ = examined(register(), shelf)
    told = by_check(found["tonnes_per_shift"])
    assert (told["of_panel"].state, told["of_panel"].says) == (
        State.NOT_APPLICABLE,
        "Declare `agg_time_dimension`.",
    )
    assert told["of_rows"].state is State.CLEAR
    assert found["tonnes_per_shift"].rows == Rows(kept=3)
    assert found["tonnes_per_shift"].problem == ""


def test_what_a_check_needs_and_is_not_declared_is_named():
    found, _ = examined(register(declared(targets=(), guardrails=())), Shelf())
    told = by_check(found["tonnes_per_shift"])["of_targets"]
    assert told.state is State.NOT_APPLICABLE
    assert told.says == "The register declares no `targets` for it."
    assert told.needed == ("Declare `targets`: the value that has to be reached, since when, and what hangs on it.")


def test_every_need_of_the_battery_is_a_field_that_has_words():
    needs = {need for e in battery() for need in e.check.needs}
    assert needs <= set(NEEDED)
    assert set(NEEDED) <= set(Metric.model_fields)


def test_rows_of_which_none_can_be_used_are_told_by_what_became_of_them():
    shelf = Shelf(tonnes_per_shift={Distribution: distribution(0, null=1200, not_finite=3)})
    found, _ = examined(register(), shelf)
    told = by_check(found["tonnes_per_shift"])["of_rows"]
    assert told.state is State.NOT_APPLICABLE
    assert told.says == (
        "None of the 1,203 rows can be used: 1,200 have no value (NULL), 3 have a value that is not a finite number."
    )
    empty = Shelf(tonnes_per_shift={Distribution: distribution(0)})
    nothing, _ = examined(register(), empty)
    assert by_check(nothing["tonnes_per_shift"])["of_rows"].says == "The source has no rows."


def test_a_retired_metric_is_not_looked_up():
    shelf = Shelf()
    found, _ = examined(register(declared(status="retired")), shelf)
    assert shelf.asked == []
    assert by_check(found["tonnes_per_shift"])["of_panel"].says == "The metric is retired."


def test_checks_of_the_register_run_once():
    _, portfolio = examined(register(declared(name="a"), declared(name="b")), Shelf())
    assert [(f.check, f.n) for f in portfolio] == [("of_register", 2)]


def test_rows_trend_and_fingerprint_come_from_the_panel():
    found, _ = examined(register(), Shelf())
    examination = found["tonnes_per_shift"]
    assert examination.rows == Rows(kept=4, null=1)
    assert examination.trend.lines[0].y == (4.0, 6.0)
    assert examination.notes == ("tonnes_per_shift was read as it is.",)
    assert len(examination.fingerprint) == 64
    changed = Shelf(tonnes_per_shift={Panel: replace(panel(), period=np.array([1, 0]))})
    other, _ = examined(register(), changed)
    assert other["tonnes_per_shift"].fingerprint != examination.fingerprint


def test_progress_is_told_before_each_metric_and_at_the_end():
    told: list[tuple[int, int, str]] = []
    examined(register(declared(name="a"), declared(name="b")), Shelf(), progress=lambda *step: told.append(step))
    assert told == [(0, 2, "a"), (1, 2, "b"), (2, 2, "")]
