"""The shipped register over six public data sets: what an honest audit must say of each."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import pitprop
from pitprop.examine.finding import Finding, State
from pitprop.judge.verdict import Ruling
from pitprop.report.audit import Audit

REGISTER = Path(__file__).parents[1] / "examples" / "public" / "pitprop.yml"


@pytest.fixture(scope="module")
def audit() -> Audit:
    return pitprop.audit(REGISTER, today=date(2026, 11, 23))


def finding(audit: Audit, metric: str, check: str) -> Finding:
    return next(f for f in audit[metric].findings if f.check == check)


def test_every_source_could_be_read_and_every_check_ran(audit: Audit) -> None:
    assert [v.problem for v in audit.verdicts] == [""] * 18


def test_nothing_is_discarded_for_want_of_data(audit: Audit) -> None:
    assert audit.count(Ruling.DISCARD) == 0


@pytest.mark.parametrize(
    "metric",
    [
        "cars_at_22_5_mpg",
        "cars_at_all_tax_steps",
        "batting_average_300",
        "fandango_stars",
        "seen_within_four_hours",
    ],
)
def test_documented_gaming_is_challenged_as_distorted_data(audit: Audit, metric: str) -> None:
    assert finding(audit, metric, "bunching").state is State.SUSPECT
    assert audit[metric].ruling is Ruling.CHALLENGE
    assert "drop the target" in audit[metric].remedy


@pytest.mark.parametrize(
    "metric",
    [
        "trucks_at_22_5_mpg",
        "cars_at_25_5_mpg",
        "batting_average_290",
        "batting_average_310",
        "arrivals_within_15_minutes",
        "rotten_tomatoes_user_stars",
    ],
)
def test_controls_are_not_accused(audit: Audit, metric: str) -> None:
    assert finding(audit, metric, "bunching").state is not State.SUSPECT
    assert audit[metric].ruling is Ruling.UNDECIDED


def test_the_share_of_cars_moved_over_the_tax_line_has_an_interval_that_excludes_nothing_moved(audit: Audit) -> None:
    bunching = finding(audit, "cars_at_22_5_mpg", "bunching")
    assert bunching.n == 16_194
    assert bunching.effect == pytest.approx(0.42, abs=0.05)
    assert bunching.interval is not None
    assert bunching.interval[0] > 0.1


def test_seven_in_ten_of_the_299_hitters_became_300_hitters(audit: Audit) -> None:
    bunching = finding(audit, "batting_average_300", "bunching")
    assert bunching.n == 10_056
    assert bunching.effect == pytest.approx(0.73, abs=0.05)


def test_film_stars_were_rounded_up_and_never_down(audit: Audit) -> None:
    data = finding(audit, "fandango_stars", "bunching").data
    assert (data["up"], data["down"], data["even"]) == (189, 0, 23)


def test_hospitals_mostly_cannot_be_told_apart_in_a_league_table(audit: Audit) -> None:
    rankability = finding(audit, "seen_within_four_hours", "rankability")
    assert rankability.state is State.SUSPECT
    assert rankability.effect == pytest.approx(0.75, abs=0.06)
    assert rankability.figure is not None


def test_round_tonnages_of_coal_are_a_note_on_data_quality_and_no_accusation(audit: Audit) -> None:
    heaping = finding(audit, "coal_mined", "heaping")
    assert heaping.state is State.CLEAR
    assert "note on data quality" in heaping.says
    thousands = next(b for b in heaping.data["bases"] if b["base"] == 1000)
    assert thousands["share"] == pytest.approx(0.010, abs=0.001)
    assert thousands["expected"] == pytest.approx(0.001)
    assert audit["coal_mined"].ruling is Ruling.UNDECIDED


def test_a_number_that_tells_of_success_and_is_declared_completely_is_kept(audit: Audit) -> None:
    assert audit["home_runs_per_at_bat"].ruling is Ruling.KEEP
