"""Waivers: findings that someone has looked at and accepted until a date."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from pitprop.define.metric import Metric
from pitprop.examine.finding import Finding, State


def waive(metric: Metric, findings: tuple[Finding, ...], today: date) -> tuple[Finding, ...]:
    """The findings, with the waivers in force on that day stamped on; the last day counts as in force."""
    stamps = {
        waiver.check: f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"
        for waiver in metric.waivers
        if waiver.expires >= today
    }
    return tuple(replace(f, waived=stamps.get(f.check) or stamps.get(f.code, "")) for f in findings)


def expired(metric: Metric, findings: tuple[Finding, ...], today: date) -> tuple[str, ...]:
    """A sentence for each waiver that has run out while its finding is still suspect."""
    suspect = {key for f in findings if f.state is State.SUSPECT and not f.waived for key in (f.check, f.code)}
    return tuple(
        f"The waiver of {waiver.check} ({waiver.owner}) expired on {waiver.expires}: renew it or mend the cause."
        for waiver in metric.waivers
        if waiver.expires < today and waiver.check in suspect
    )
