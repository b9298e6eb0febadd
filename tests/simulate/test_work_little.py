"""Little's law unit by unit, on records made by hand and by the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pitprop.define.work import Work
from pitprop.simulate.work.little import little_gap
from pitprop.simulate.work.results import Records


def line(**more: Any) -> Work:
    plain: dict[str, Any] = {
        "output": "out",
        "shift": {"length": 10},
        "buffers": {"mid": {}, "out": {}},
        "tasks": {"a": {"time": 2, "to": "mid"}, "b": {"time": 3, "from": "mid", "to": "out"}},
        "roles": {"first": ["a"], "second": ["b"]},
        "crew": {"roles": ["first", "second"]},
    }
    return Work.model_validate({**plain, **more})


def recorded(*, levels: tuple[list[float], list[int]]) -> Records:
    """Ten minutes of the line: a takes 2, b takes 3, so that the third and fourth unit wait."""
    start = np.array([0.0, 2, 2, 4, 5, 6, 8, 8])
    finish = np.array([2.0, 4, 5, 6, 8, 8, 10, 10])
    return Records(
        slots=("first", "second"),
        tasks=("a", "b"),
        buffers=("mid", "out"),
        worker=np.array([0, 0, 1, 0, 1, 0, 0, 1]),
        task=np.array([0, 0, 1, 0, 1, 0, 0, 1]),
        unit=np.array([0, 1, 0, 2, 1, 3, 4, 2]),
        start=start,
        work=start,
        finish=finish,
        leave=finish,
        waits=(),
        levels={"mid": (np.array(levels[0]), np.array(levels[1])), "out": (np.array([0.0]), np.array([0]))},
        age=np.array([5.0, 6.0]),
        horizon=10.0,
    )


TRUE = ([0.0, 4, 5, 6, 8], [0, 1, 0, 1, 1])


def test_units_in_hand_and_in_buffers_are_as_many_as_the_times_say() -> None:
    # a is in hand for 10 minutes, b for 8, and mid holds 1 for 1 + 4 minutes: 23, which is 5 + 6 + 6 + 4 + 2
    assert little_gap(line(), recorded(levels=TRUE)) == pytest.approx(0, abs=1e-12)


def test_a_level_that_is_wrong_for_a_minute_shows() -> None:
    wrong = ([0.0, 4, 5, 6, 8, 9], [0, 1, 0, 1, 1, 2])
    assert little_gap(line(), recorded(levels=wrong)) == pytest.approx(1 / 24, rel=1e-9)


@pytest.mark.parametrize(
    "tasks",
    [
        {"a": {"time": 2, "to": "mid"}, "b": {"time": 3, "from": {"mid": 2}, "to": "out"}},
        {"a": {"time": 2, "to": {"mid": 2}}, "b": {"time": 3, "from": "mid", "to": "out"}},
        {
            "a": {"time": 2, "to": "mid"},
            "b": {"time": 3, "from": "mid", "to": [{"share": 0.5, "to": "mid"}, {"share": 0.5, "to": "out"}]},
        },
    ],
    ids=["batches are made", "units are split", "some go back"],
)
def test_nothing_is_said_where_units_cannot_be_followed(tasks: dict[str, Any]) -> None:
    assert little_gap(line(tasks=tasks), recorded(levels=TRUE)) is None
