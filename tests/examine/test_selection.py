"""Selection: dbt's words pick pairs of metrics and checks."""

from __future__ import annotations

import pytest

from pitprop.define.metric import Config, Person, Register, Source
from pitprop.errors import PitpropError
from pitprop.examine.battery import battery
from pitprop.examine.selection import plan
from pitprop.examine.specimen import declared

REGISTER = Register(
    version=1,
    sources={"shifts": Source(path="s.csv"), "harm": Source(path="h.csv")},
    metrics=(
        declared(name="tonnes_per_shift", config=Config(tags=("production", "weekly"))),
        declared(name="tonnes_lost", config=Config(tags=("production",)), owner=Person(name="Haulage")),
        declared(name="injury_rate", source="harm", config=Config(tags=("safety",)), status="draft"),
    ),
)
ALL = len([e for e in battery() if e.asks is not Register])
WHOLE = ["concentration", "blind_spots", "burden", "per_decision"]


def picked(select=(), exclude=()):
    chosen = plan(REGISTER, battery(), (select,) if select else (), (exclude,) if exclude else ())
    return {metric.name: len(checks) for metric, checks in chosen.metrics}, [e.name for e in chosen.portfolio]


@pytest.mark.parametrize(
    ("select", "metrics", "portfolio"),
    [
        ("", {"tonnes_per_shift": ALL, "tonnes_lost": ALL, "injury_rate": ALL}, WHOLE),
        ("tonnes_lost", {"tonnes_lost": ALL}, []),
        ("name:tonnes_*", {"tonnes_per_shift": ALL, "tonnes_lost": ALL}, []),
        ("tag:safety", {"injury_rate": ALL}, []),
        ("source:harm", {"injury_rate": ALL}, []),
        ("status:draft", {"injury_rate": ALL}, []),
        ("owner:Haul*", {"tonnes_lost": ALL}, []),
        ("tag:safety name:tonnes_lost", {"tonnes_lost": ALL, "injury_rate": ALL}, []),
        ("tag:production,tag:weekly", {"tonnes_per_shift": ALL}, []),
        ("check:purpose", {"tonnes_per_shift": 1, "tonnes_lost": 1, "injury_rate": 1}, []),
        ("check:PP501", {"tonnes_per_shift": 1, "tonnes_lost": 1, "injury_rate": 1}, []),
        ("tag:safety,check:purpose", {"injury_rate": 1}, []),
        ("tag:safety check:purpose", {"tonnes_per_shift": 1, "tonnes_lost": 1, "injury_rate": ALL}, []),
        ("family:governance,name:injury_rate", {"injury_rate": 6}, []),
        ("check:concentration", {}, ["concentration"]),
    ],
)
def test_words_add_up_and_commas_must_all_hold(select, metrics, portfolio):
    assert picked(select) == (metrics, portfolio)


def test_what_is_excluded_is_left_out():
    assert picked(exclude="tag:production check:concentration") == ({"injury_rate": ALL}, WHOLE[1:])
    assert picked("tag:production", "check:purpose")[0] == {
        "tonnes_per_shift": ALL - 1,
        "tonnes_lost": ALL - 1,
    }


@pytest.mark.parametrize(
    ("select", "says"),
    [
        ("tagg:safety", "there is no selection by `tagg` (did you mean tag?)"),
        (
            "tag:safty",
            "`tag:safty` matches nothing (did you mean safety?); there is production, weekly, safety",
        ),
        (
            "tonnes",
            "(did you mean tonnes_lost?); there is tonnes_per_shift, tonnes_lost, injury_rate",
        ),
        ("check:bunchin_", "`check:bunchin_` matches nothing"),
        ("tag:safety,tag:weekly", "no metric and check match all of `tag:safety,tag:weekly`"),
        ("source:", "`source:` matches nothing"),
    ],
)
def test_what_matches_nothing_is_an_error_that_tells_the_nearest(select, says):
    with pytest.raises(PitpropError) as caught:
        picked(select)
    assert says in str(caught.value)
    assert caught.value.exit_code == 2


def test_to_exclude_everything_is_an_error():
    with pytest.raises(PitpropError, match="nothing is left to examine"):
        picked("tag:safety", "injury_rate")
