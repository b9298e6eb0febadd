"""Audit: what one run of the audit found, and its renderings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pitprop.define.place import Place
from pitprop.errors import PitpropError
from pitprop.examine.finding import Finding
from pitprop.judge.policy import Policy
from pitprop.judge.verdict import Ruling, Verdict

SEVERITY = (Ruling.DISCARD, Ruling.CHALLENGE, Ruling.UNDECIDED)
"""Rulings in the order in which they fail a gate: who fails on one fails on those before it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Verdicts on the metrics of one register. It shows itself in a notebook."""

    version: str
    """pitprop's own version."""
    register: str
    """The register's path as given."""
    policy: Policy
    verdicts: tuple[Verdict, ...]
    portfolio: tuple[Finding, ...] = ()
    """Findings about the register as a whole."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where each metric is written, by its name; empty where the register is no file."""

    def __getitem__(self, name: str) -> Verdict:
        """The verdict on the metric of that name; KeyError where there is none."""
        for verdict in self.verdicts:
            if verdict.metric.name == name:
                return verdict
        raise KeyError(name)

    def count(self, ruling: Ruling) -> int:
        """How many metrics got that ruling."""
        return sum(v.ruling is ruling for v in self.verdicts)

    def failing(self, fail_on: str) -> tuple[Verdict, ...]:
        """The verdicts that fail a gate; metrics that are retired never do.

        Parameters
        ----------
        fail_on
            The mildest ruling that fails: `discard`, `challenge` or `undecided`; `never` for none.

        Raises
        ------
        PitpropError
            If it is none of these.
        """
        words = [ruling.value for ruling in SEVERITY]
        if fail_on not in (*words, "never"):
            raise PitpropError(f"nothing fails on {fail_on!r}; choose one of {', '.join(words)}, never")
        failing = SEVERITY[: words.index(fail_on) + 1] if fail_on in words else ()
        return tuple(v for v in self.verdicts if v.ruling in failing and v.metric.status != "retired")

    def unrun(self) -> tuple[str, ...]:
        """What was asked for and could not be run, in sentences."""
        everything = [(v.metric.name, f) for v in self.verdicts for f in v.findings]
        everything += [("the register", f) for f in self.portfolio]
        return (
            *(f"{v.metric.name}: {v.problem}" for v in self.verdicts if v.problem),
            *(f"{name}: {f.says}" for name, f in everything if "crashed" in f.data),
        )

    def render(self, form: str = "text", *, fail_on: str = "discard") -> str:
        """The audit as text, json, jsonl, markdown, csv, html, junit, sarif or github.

        Parameters
        ----------
        form
            The format.
        fail_on
            The mildest ruling that is a failure, for the formats that know failures (junit, github).
        """
        from pitprop.report.render import render

        return render(self, form, fail_on=fail_on)

    def _repr_html_(self) -> str:
        from pitprop.report.render import summary_html

        return summary_html(self)
