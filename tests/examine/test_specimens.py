"""Every check keeps quiet on its honest data and speaks up on its gamed data, and says what it is about."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest
from scipy.stats import binom

from pitprop.digest.distribution import Distribution
from pitprop.digest.panel import Panel
from pitprop.digest.profile import Profile
from pitprop.examine.battery import Entry, battery
from pitprop.examine.check import Specimen
from pitprop.examine.finding import State

HEADINGS = ("Why it matters", "Looks for", "Assumes", "Blind to", "Source")
DRAWS = 40
ALARM_LEVEL = 0.05
POWER = 0.80
ALARMS_ALLOWED = int(binom.ppf(0.999, DRAWS, ALARM_LEVEL))
DETECTIONS_ASKED = int(binom.ppf(0.001, DRAWS, POWER))

checks = pytest.mark.parametrize("found", battery(), ids=lambda e: e.name)


def specimens(kind: str):
    cases = [(e, s) for e in battery() for s in getattr(e.check, kind)]
    return pytest.mark.parametrize(
        ("found", "specimen"), cases, ids=[f"{e.name}-{s.__name__.strip('_')}" for e, s in cases]
    )


def states(found: Entry, specimen: Specimen) -> list[State]:
    """The check's answers to DRAWS specimens, drawn from seeds that depend on nothing but the names."""
    seed = int(hashlib.sha256(f"{found.name} {specimen.__name__}".encode()).hexdigest()[:8], 16)
    draws = 3 if found.family == "governance" else DRAWS
    out = []
    for child in np.random.SeedSequence(seed).spawn(draws):
        grain, brief = specimen(np.random.default_rng(child))
        out.append(found.check.run(grain, brief).state)
    return out


@specimens("clear")
def test_honest_data_raise_it_at_most_as_often_as_stated(found, specimen):
    alarms = states(found, specimen).count(State.SUSPECT)
    assert alarms <= (0 if found.family == "governance" else ALARMS_ALLOWED)


@specimens("suspect")
def test_gamed_data_raise_it_nearly_always(found, specimen):
    answers = states(found, specimen)
    asked = len(answers) if found.family == "governance" else DETECTIONS_ASKED
    assert answers.count(State.SUSPECT) >= asked


@checks
def test_it_has_both_kinds_of_specimens_and_a_source(found):
    assert len(found.check.clear) >= 1
    assert len(found.check.suspect) >= 1
    assert len(found.check.source) > 10


@checks
def test_its_page_has_the_five_headings_in_order_each_with_text(found):
    parts = re.split(rf"^({'|'.join(HEADINGS)})\s*:?\s*$\n(?:-+\n)?", found.page, flags=re.MULTILINE)
    title, headings, texts = parts[0], parts[1::2], parts[2::2]
    assert tuple(headings) == HEADINGS
    assert len(title.strip()) > 10
    assert [len(text.split()) >= 3 for text in texts] == [True] * 5


@checks
def test_its_title_asks_a_question(found):
    assert found.check.title.endswith("?")


@checks
def test_its_specimens_are_what_it_asks_for(found):
    for specimen in (*found.check.clear, *found.check.suspect):
        grain, brief = specimen(np.random.default_rng(0))
        if found.asks in (Distribution, Panel, Profile):
            assert isinstance(grain, found.asks)
        elif found.asks == tuple[Distribution, ...]:
            assert [type(part) for part in grain] == [Distribution] * len(brief.metric.targets)
        else:
            assert type(grain) is found.asks


@checks
def test_its_answer_is_the_same_for_the_same_data_and_speaks_in_sentences(found):
    for specimen in (found.check.clear[0], found.check.suspect[0]):
        first, second = (found.check.run(*specimen(np.random.default_rng(7))) for _ in range(2))
        assert (first.state, first.effect, first.p_value) == (second.state, second.effect, second.p_value)
        assert re.search(r"[.!?]$", first.says.strip())
        assert "cheat" not in first.says.lower()


@checks
def test_a_suspicion_lies_beyond_what_matters_and_has_a_grade(found):
    """Evidence is an interval against a smallest effect; governance has none."""
    finding = found.check.run(*found.check.suspect[0](np.random.default_rng(1)))
    if finding.state is State.SUSPECT and found.family != "governance":
        assert finding.grade in ("A", "B", "C", "D")
        assert finding.effect is not None
        assert finding.effect_is
    assert finding.p_value is None or 0 <= finding.p_value <= 1
