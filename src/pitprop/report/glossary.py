"""Glossary: what rulings, states, grades and families mean."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from pitprop.examine.battery import Entry
from pitprop.report.sarif import RULING, RULING_MEANS
from pitprop.report.wording import GRADES, RULINGS, STATES


def glossary(entries: Iterable[Entry]) -> dict[str, str]:
    """Term in lower case -> what it means, for every ruling, state, design grade and family of checks, and for the
    rule of a ruling in SARIF.

    Parameters
    ----------
    entries
        The checks, which are listed with their families.
    """
    rulings = {sign.word: f"{sign.word} (ruling): {sign.means}" for sign in RULINGS.values()}
    states = {state.value: f"{sign.word} (state of a finding): {sign.means}" for state, sign in STATES.items()}
    grades = {
        f"grade_{letter.lower()}": f"grade {letter} (strength of a design): {means}."
        for letter, means in GRADES.items()
    }
    families: dict[str, list[Entry]] = {}
    for entry in entries:
        families.setdefault(entry.family, []).append(entry)
    rule = {RULING.lower(): f"{RULING} ruling (rule in SARIF): {RULING_MEANS}"}
    return rule | rulings | states | grades | {name: _family(name, found) for name, found in families.items()}


def _family(name: str, entries: list[Entry]) -> str:
    about = importlib.import_module(f"pitprop.examine.{name}").__doc__ or ""
    listed = "\n".join(f"  {e.check.code} {e.name}: {e.check.title}" for e in entries)
    return f"{name} (family of checks): {about.strip()}\n\n{listed}"
