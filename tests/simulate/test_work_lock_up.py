"""Who waits for whom, where nothing can go on."""

from __future__ import annotations

import numpy as np

from pitprop.define.work import Work
from pitprop.simulate.work.lock_up import lock_up
from pitprop.simulate.work.record import record
from pitprop.simulate.work.results import Records
from pitprop.simulate.work.totals import Waits

ONE_PERSON = Work.model_validate(
    {
        "output": "out",
        "shift": {"length": 100},
        "buffers": {"mid": {"limit": 2}, "out": {}},
        "tasks": {"pack": {"time": 1, "to": "mid"}, "seal": {"time": 1, "from": "mid", "to": "out"}},
        "roles": {"all": ["pack", "seal"], "other": ["seal"]},
        "crew": {"workers": {"anna": {"role": "all"}}},
    }
)
STUCK = "anna holds what pack made: no room in mid, which only seal would empty."


def test_a_person_who_holds_what_only_they_could_make_room_for_is_named() -> None:
    assert lock_up(ONE_PERSON, record(ONE_PERSON, seed=0)) == STUCK


def test_the_end_of_a_record_made_by_hand_is_told_alike() -> None:
    start = np.array([0.0, 1, 2])
    records = Records(
        slots=("anna",),
        tasks=("pack", "seal"),
        buffers=("mid", "out"),
        worker=np.zeros(3, int),
        task=np.zeros(3, int),
        unit=np.arange(3),
        start=start,
        work=start,
        finish=start + 1,
        leave=np.array([1.0, 2, 100]),
        waits=((0, int(Waits.BLOCKED), 3.0, 100.0),),
        levels={"mid": (np.array([0.0, 1, 2]), np.array([0, 1, 2])), "out": (np.array([0.0]), np.array([0]))},
        age=np.array([]),
        horizon=100.0,
    )
    assert lock_up(ONE_PERSON, records) == STUCK


def test_those_who_wait_for_what_never_comes_are_named_too() -> None:
    two = ONE_PERSON.model_copy(
        update={
            "tasks": {
                **ONE_PERSON.tasks,
                "seal": ONE_PERSON.tasks["seal"].model_copy(update={"takes": {"mid": 1, "lids": 1}}),
            },
            "buffers": {**ONE_PERSON.buffers, "lids": ONE_PERSON.buffers["out"]},
            "crew": Work.model_validate(
                {
                    **ONE_PERSON.model_dump(by_alias=True),
                    "crew": {"workers": {"anna": {"role": "all"}, "bert": {"role": "other"}}},
                }
            ).crew,
        }
    )
    told = lock_up(two, record(two, seed=0))
    assert told == f"{STUCK[:-1]}; bert waits for something in lids."
