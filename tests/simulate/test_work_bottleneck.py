"""What holds the output down, and what assumed values do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pitprop.define.scenario import read_scenario
from pitprop.define.work import Assumption, Work
from pitprop.simulate.work.bottleneck import bottleneck
from pitprop.simulate.work.curves import curve
from pitprop.simulate.work.differences import difference
from pitprop.simulate.work.results import Bottleneck, OneMore
from pitprop.simulate.work.sensitivity import ranked, swing
from pitprop.simulate.work.trials import Trials


def two_stations(first: float = 1.0, second: float = 2.0, **more: Any) -> Work:
    """One person at each of two stations, with fixed times in minutes and two places between."""
    plain: dict[str, Any] = {
        "output": "out",
        "unit": "boxes",
        "shift": {"length": 1000},
        "buffers": {"mid": {"limit": 2}, "out": {}},
        "tasks": {"pack": {"time": first, "to": "mid"}, "seal": {"time": second, "from": "mid", "to": "out"}},
        "roles": {"packer": ["pack"], "sealer": ["seal"]},
        "crew": {"roles": ["packer", "sealer"]},
    }
    return Work.model_validate({**plain, **more})


def found_in(work: Work, replications: int = 3) -> Bottleneck:
    return bottleneck(work, trials=Trials(seed=0), replications=replications)


def by_name(found: Bottleneck) -> dict[str, OneMore]:
    return {one.of: one for one in found.one_more}


def test_the_slower_station_is_the_bottleneck_and_a_second_one_doubles_the_line() -> None:
    found = found_in(two_stations())
    assert found.name == "worker sealer"
    gains = by_name(found)
    # one box each two minutes before, each minute after
    assert gains["worker sealer"].gain.mean == pytest.approx(499, abs=1)
    assert gains["worker packer"].gain.mean == 0
    assert gains["room in mid"].gain.mean == 0
    assert found.says.startswith("One more worker (sealer) would add ")
    assert "sealer is at work 100% of the time" in found.says


def test_nothing_stands_out_in_a_line_of_equal_stations_without_variation() -> None:
    found = found_in(two_stations(2, 2))
    assert found.name == ""
    assert found.says.startswith("Nothing stands out")


def test_a_scarce_tool_is_named_rather_than_those_who_wait_for_it() -> None:
    tasks = {
        "pack": {"time": 1, "to": "mid", "tools": "press"},
        "seal": {"time": 1, "from": "mid", "to": "out", "tools": "press"},
    }
    found = found_in(two_stations(tasks=tasks, tools={"press": {}}))
    assert found.name == "tool press"
    assert by_name(found)["tool press"].gain.mean == pytest.approx(499, abs=1)


def test_where_neither_a_worker_nor_a_tool_alone_would_help_both_together_are_named() -> None:
    tasks = {"pack": {"time": 1, "to": "mid"}, "seal": {"time": 2, "from": "mid", "to": "out", "tools": "press"}}
    found = found_in(two_stations(tasks=tasks, tools={"press": {}}))
    assert found.name == "worker sealer with press"
    gains = by_name(found)
    assert gains["worker sealer"].gain.mean == gains["tool press"].gain.mean == 0
    assert gains["worker sealer with press"].gain.mean == pytest.approx(499, abs=1)


def test_a_tool_that_is_not_scarce_is_not_named_beside_the_worker() -> None:
    tasks = {"pack": {"time": 1, "to": "mid"}, "seal": {"time": 2, "from": "mid", "to": "out", "tools": "press"}}
    found = found_in(two_stations(tasks=tasks, tools={"press": {"count": 5}}))
    assert found.name == "worker sealer"
    assert "worker sealer with press" not in by_name(found)


def test_what_arrives_is_told_to_set_the_pace_where_more_hands_add_nothing() -> None:
    tasks = {
        "arrive": {"time": 10, "to": "mid", "automatic": True},
        "seal": {"time": 2, "from": "mid", "to": "out"},
    }
    found = found_in(two_stations(tasks=tasks, roles={"sealer": ["seal"]}, crew={"roles": ["sealer"]}))
    assert found.name == ""
    assert found.says.endswith("The output follows what arrive brings in.")


def test_an_automatic_step_can_be_what_is_short() -> None:
    tasks = {
        "pack": {"time": 1, "to": "mid"},
        "bake": {"time": 4, "from": "mid", "to": "out", "automatic": True},
    }
    found = found_in(two_stations(tasks=tasks, roles={"packer": ["pack"]}, crew={"roles": ["packer"]}))
    assert found.name == "run of bake"
    assert by_name(found)["run of bake"].gain.mean == pytest.approx(249, abs=2)


def test_output_rises_with_the_crew_up_to_what_the_line_can_use() -> None:
    work = two_stations(1, 1, roles={"sealer": ["seal"], "packer": ["pack"]}, crew={"roles": ["sealer", "packer"]})
    found = curve("arm", work, trials=Trials(seed=0), replications=2)
    assert found is not None
    assert found.sizes == (1, 2, 3, 4, 5, 6)
    outputs = [one.mean for one in found.output]
    # one person does both; two have a station each; a third packs for one who seals
    assert outputs[:4] == pytest.approx([499, 999, 999, 1998], abs=3)
    assert [one.mean for one in found.per_head] == pytest.approx(np.divide(outputs, found.sizes), rel=1e-12)
    assert found.notes == ()


def test_a_crew_too_small_to_keep_the_work_going_is_told() -> None:
    # whoever packs first holds the fourth box, for which there is no room, and never gets to seal
    found = curve("arm", two_stations(1, 1), trials=Trials(seed=0), replications=2)
    assert found is not None
    assert found.output[0].mean == 0
    assert found.notes == ("With a crew of 1 the work of arm comes to a stand in 2 of 2 replications.",)


def test_people_who_are_named_have_no_curve() -> None:
    work = two_stations(crew={"workers": {"anna": {"role": "packer"}, "bert": {"role": "sealer"}}})
    assert curve("arm", work, trials=Trials(seed=0), replications=2) is None


def test_differences_are_paired() -> None:
    rng = np.random.default_rng(1)
    luck = rng.normal(size=50)
    found = difference(arm="b", than="a", output=20 + luck, other=10 + luck, heads=4, other_heads=1)
    assert (found.output.mean, found.output.low, found.output.high) == pytest.approx((10, 10, 10), abs=1e-12)
    assert found.per_head.mean == pytest.approx((20 + luck).mean() / 4 - (10 + luck).mean(), rel=1e-12)


FILE = """
kind: work
version: 1
output: out
shift: {length: 1000}
norm: 100
buffers: {mid: {limit: 2}, out: {}}
tasks:
  pack: {time: 1, to: mid}
  seal: {time: {mean: 2}, from: mid, to: out}
roles: {packer: [pack], sealer: [seal]}
crew: {roles: [packer, sealer]}
factors: {press: {tasks: {seal: {time: {mean: 1}}}}}
arms: {by_hand: {}, pressed: {with: [press]}}
assumed:
  - {at: tasks.pack.time, range: [0.5, 1.5]}
  - {at: tasks.seal.time.mean, range: [1, 4], why: never timed}
  - {at: factors.press.tasks.seal.time.mean, range: [0.9, 1.25]}
  - {at: norm, range: [50, 200]}
"""


def test_assumed_values_move_the_arms_that_have_them_and_the_gain(tmp_path: Path) -> None:
    file = tmp_path / "boxes.yml"
    file.write_text(FILE)
    scenario = read_scenario(file)
    trials = Trials(seed=0)
    pack, seal, press, norm = (
        swing(scenario, one, trials=trials, replications=2, split=("by_hand", "pressed")) for one in scenario.assumed
    )
    assert (seal.value, seal.range, seal.why) == (2, (1, 4), "never timed")
    assert seal.output["by_hand"] == pytest.approx((999, 249), abs=1)
    # the press sets the time whatever it takes by hand
    assert seal.output["pressed"] == pytest.approx((999, 999), abs=1)
    assert seal.ratio == pytest.approx((1, 4), rel=0.01)
    assert press.output["by_hand"] == pytest.approx((499, 499), abs=1)
    assert press.output["pressed"] == pytest.approx((999, 799), abs=1)
    assert pack.output["pressed"] == pytest.approx((999, 666), abs=2)
    # the output and the gain know no norm, and the headline is halved and doubled by it
    assert norm.ratio == pytest.approx((2, 2), rel=0.01)
    assert norm.headline["by_hand"] == pytest.approx((499 / 2 / 50, 499 / 2 / 200), rel=0.01)
    assert norm.matters == pytest.approx(1, rel=1e-9)
    assert [one.at for one in ranked([pack, press, seal])] == [seal.at, pack.at, press.at]


def test_the_value_as_it_stands_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "boxes.yml"
    file.write_text(FILE)
    scenario = read_scenario(file)
    still = Assumption.model_validate({"at": "tasks.seal.time.mean", "range": [2, 2 + 1e-12]})
    found = swing(scenario, still, trials=Trials(seed=0), replications=2)
    assert found.matters == 0
    assert found.ratio is None
