"""Every check that can raise a suspicion of a number has a next step of its own."""

from pitprop.examine.battery import battery
from pitprop.judge.remedies import BY_CHECK


def test_every_check_of_data_has_a_next_step_of_its_own():
    names = {e.name for e in battery() if e.family != "governance"}
    assert names - set(BY_CHECK) == set()
    assert set(BY_CHECK) - names == set()
