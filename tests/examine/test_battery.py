"""The battery: every check is found once, knows what it asks for, and a broken plug-in is named."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import get_args

import pytest

import pitprop.examine
from pitprop.define.metric import Metric, Register
from pitprop.digest.distribution import Distribution
from pitprop.digest.panel import Panel
from pitprop.errors import PitpropError
from pitprop.examine import battery as module
from pitprop.examine.battery import ASKABLE, battery, entry, from_elsewhere, ordered
from pitprop.examine.check import Brief, Check
from pitprop.examine.finding import Finding, State
from pitprop.examine.governance import concentration, purpose

PREFIX = {
    "distorted_data": "PP1",
    "distorted_work": "PP2",
    "noise": "PP3",
    "worth": "PP4",
    "governance": "PP5",
}


def plain(metric: Metric, brief: Brief) -> Finding:
    """A check of someone else."""
    return Finding(state=State.CLEAR, says="fine")


def a_check(run=plain, code="PP599", **changes) -> Check:
    told = {
        "title": "?",
        "smallest_effect": 0.0,
        "effect_is": "",
        "source": "none",
        "clear": (),
        "suspect": (),
    }
    return Check(code=code, run=run, **{**told, **changes})


CHECK = a_check()
NO_CHECK = "a string"


def test_every_file_of_a_family_folder_is_a_check_of_the_battery():
    root = Path(pitprop.examine.__path__[0])
    files = {f.stem for f in root.glob("*/*.py") if f.stem != "__init__"}
    assert files == {e.name for e in battery()}


def test_the_governance_checks_are_found_with_what_they_ask_for():
    found = {e.name: e for e in battery()}
    assert found["purpose"].check is purpose.CHECK
    assert found["purpose"].asks is Metric
    assert found["purpose"].family == "governance"
    assert found["concentration"].asks is Register
    assert found["concentration"].page.startswith("Concentration: ")


def test_checks_come_in_order_of_code_and_codes_say_the_family():
    codes = [e.check.code for e in battery()]
    assert codes == sorted(codes)
    assert [e.name for e in battery() if not e.check.code.startswith(PREFIX[e.family])] == []


def test_a_check_may_ask_for_one_distribution_for_each_target():
    def pooled(each: tuple[Distribution, ...], brief: Brief) -> Finding:
        raise NotImplementedError

    pooled.__annotations__ = {"each": tuple[Distribution, ...], "brief": Brief}
    found = entry(a_check(pooled), name="pooled", family="noise", page="")
    assert found.asks == tuple[Distribution, ...]
    assert get_args(found.asks) == (Distribution, Ellipsis)
    assert Panel in ASKABLE


def test_a_check_without_an_annotation_is_refused_by_name():
    def silent(grain, brief):
        raise NotImplementedError

    with pytest.raises(PitpropError, match=r"'silent'.*needs an annotation"):
        entry(a_check(silent), name="silent", family="noise", page="")


def test_a_check_that_asks_for_something_else_is_told_what_it_may_ask_for():
    def greedy(rows: list, brief: Brief) -> Finding:
        raise NotImplementedError

    greedy.__annotations__ = {"rows": list, "brief": Brief}
    with pytest.raises(
        PitpropError,
        match="may ask for Metric, Register, Distribution, Panel, Profile, Strata, Versions, Scorecard or tuple",
    ):
        entry(a_check(greedy), name="greedy", family="noise", page="")


@pytest.mark.parametrize("key", ["code", "name"])
def test_two_checks_with_one_code_or_name_are_refused(key):
    first = entry(a_check(code="PP598"), name="first", family="governance", page="")
    same_code = entry(a_check(code="PP598"), name="second", family="governance", page="")
    same_name = entry(a_check(code="PP597"), name="first", family="governance", page="")
    with pytest.raises(PitpropError, match=f"two checks have the {key}"):
        ordered([first, same_code if key == "code" else same_name])


def test_a_check_from_another_package_joins_by_its_entry_point():
    point = EntryPoint(name="theirs", value="test_battery:CHECK", group="pitprop.checks")
    found = from_elsewhere(point)
    assert (found.name, found.family, found.asks) == ("theirs", "governance", Metric)
    assert found.page.startswith("The battery: every check is found once")


def test_a_module_with_a_check_serves_as_well():
    point = EntryPoint(name="theirs", value="test_battery", group="pitprop.checks")
    assert from_elsewhere(point).check is CHECK


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("no_such_module_anywhere", "cannot be loaded .ModuleNotFoundError"),
        ("test_battery:NO_CHECK", "neither a Check nor a module with a CHECK"),
        ("test_battery:nothing_here", "cannot be loaded .AttributeError"),
    ],
)
def test_a_broken_plug_in_is_a_sentence_that_names_it(value, says):
    point = EntryPoint(name="theirs", value=value, group="pitprop.checks")
    with pytest.raises(PitpropError, match=says) as caught:
        from_elsewhere(point)
    assert "'theirs'" in str(caught.value)


def test_a_plug_in_whose_code_says_no_family_is_refused():
    with pytest.raises(PitpropError, match="first digit has to be 1 to 5"):
        from_elsewhere(_Loaded(a_check(code="ACME901")))


class _Loaded(EntryPoint):
    """An entry point whose check is at hand."""

    def __new__(cls, check: Check):
        return object.__new__(cls)

    def __init__(self, check: Check) -> None:
        vars(self).update(name="theirs", value="theirs:CHECK", group=module.GROUP, check=check)

    def load(self):
        return vars(self)["check"]


def test_the_concentration_check_is_the_registers():
    assert concentration.CHECK.code == "PP510"
