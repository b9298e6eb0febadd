"""What changed between two audits: rulings, findings, effects, and whether definitions or data did.

Numbers are never compared exactly: an effect has moved where each audit's effect lies outside the other's interval
by more than a millionth, so that another machine or another order of the rows is no change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pitprop.errors import PitpropError
from pitprop.examine.finding import State
from pitprop.judge.verdict import Ruling
from pitprop.report.recorded import Recorded, RecordedFinding, RecordedMetric
from pitprop.report.wording import STATES, number

Kind = Literal[
    "run", "ruling", "state", "waiver", "effect", "added", "removed", "asked", "definition", "data", "policy", "version"
]
"""What changed. `run`: whether it could be measured at all; `asked`: which checks were."""
RELATIVE = 1e-6
"""Numbers that differ by less than this share of their size are equal."""
GATES = ("worse", "any", "never")
"""What `diff` can fail on."""
_ORDER = (Ruling.KEEP, Ruling.UNDECIDED, Ruling.CHALLENGE, Ruling.DISCARD)
_ROUTINE = ("data", "version")
"""Changes that are to be expected, which `any` does not fail on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is not as it was."""

    metric: str
    """The metric's name; empty for the register as a whole."""
    kind: Kind
    check: str = ""
    before: str = ""
    after: str = ""
    worse: bool | None = None
    """Whether it got worse (True) or better (False); None where it is neither."""
    says: str
    """What changed, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All that changed from one audit to another; metrics are in the later audit's order."""

    before: str
    """The earlier audit's file or register."""
    after: str
    compared: int
    """How many metrics are in both."""
    changes: tuple[Change, ...]

    def count(self, *, worse: bool) -> int:
        """In how many metrics the ruling got worse, or could no longer be had; or got better."""
        ruled = {c.metric for c in self.changes if c.kind in ("ruling", "run") and c.worse is worse}
        lost = {c.metric for c in self.changes if c.kind in ("ruling", "run") and c.worse is True}
        return len(ruled if worse else ruled - lost)

    def fails(self, fail_on: str) -> bool:
        """Whether a gate fails: `worse` on any ruling that got worse, `any` on all but new data, `never`.

        Raises
        ------
        PitpropError
            If it is none of these.
        """
        if fail_on not in GATES:
            raise PitpropError(f"nothing fails on {fail_on!r}; choose one of {', '.join(GATES)}")
        if fail_on == "any":
            return any(c.kind not in _ROUTINE for c in self.changes)
        return fail_on == "worse" and self.count(worse=True) > 0

    def render(self, form: str = "text") -> str:
        """The difference as text, json or markdown."""
        from pitprop.report.difference_words import render_difference

        return render_difference(self, form)

    def __str__(self) -> str:
        return self.render("text")


def difference(before: Recorded, after: Recorded) -> Difference:
    """What changed from one audit to another."""
    return Difference(
        before=before.name,
        after=after.name,
        compared=len(before.metrics.keys() & after.metrics.keys()),
        changes=tuple(_changes(before, after)),
    )


def _changes(before: Recorded, after: Recorded) -> Iterator[Change]:
    if before.version != after.version:
        yield _plainly("version", "pitprop itself", before.version, after.version)
    for key in sorted(before.policy.keys() & after.policy.keys()):
        if not _same(before.policy[key], after.policy[key]):
            yield _plainly("policy", f"The policy's `{key}`", _shown(before.policy[key]), _shown(after.policy[key]))
    yield from _findings("", before.portfolio, after.portfolio)
    for name, new in after.metrics.items():
        if name in before.metrics:
            yield from _metric(before.metrics[name], new)
        else:
            ruled = new.ruling.value
            yield Change(
                metric=name, kind="added", after=ruled, says=f"It is new, and its ruling is {ruled}: {new.why}"
            )
    for name, old in before.metrics.items():
        if name not in after.metrics:
            ruled = old.ruling.value
            yield Change(metric=name, kind="removed", before=ruled, says=f"It is gone; its ruling was {ruled}.")


def _plainly(kind: Kind, what: str, before: str, after: str) -> Change:
    says = f"{what[:1].upper()}{what[1:]} went from {before} to {after}."
    return Change(metric="", kind=kind, before=before, after=after, says=says)


def _metric(old: RecordedMetric, new: RecordedMetric) -> Iterator[Change]:
    name = new.name
    if bool(old.problem) != bool(new.problem):
        says = f"It can no longer be measured: {new.problem}" if new.problem else "It can be measured again."
        yield Change(metric=name, kind="run", worse=bool(new.problem), says=says)
    if old.ruling is not new.ruling:
        yield _ruling(old, new)
    if _differ(old.definition_hash, new.definition_hash):
        says = "Its definition changed: the two rulings are about different numbers."
        yield Change(metric=name, kind="definition", before=old.definition_hash, after=new.definition_hash, says=says)
    if _differ(old.data_fingerprint, new.data_fingerprint):
        says = "Its data are not the same."
        yield Change(metric=name, kind="data", before=old.data_fingerprint, after=new.data_fingerprint, says=says)
    yield from _findings(name, old.findings, new.findings, measured=not (old.problem or new.problem))


def _differ(old: str, new: str) -> bool:
    """Whether two hashes are known and not the same."""
    return bool(old and new and old != new)


def _ruling(old: RecordedMetric, new: RecordedMetric) -> Change:
    worse: bool | None = _ORDER.index(new.ruling) > _ORDER.index(old.ruling)
    if new.status == "retired" or (new.problem and not worse):
        worse = None
    before, after = old.ruling.value, new.ruling.value
    says = f"Its ruling went from {before} to {after} ({_cause(old, new)}): {new.why}"
    return Change(metric=new.name, kind="ruling", before=before, after=after, worse=worse, says=says)


def _cause(old: RecordedMetric, new: RecordedMetric) -> str:
    """What may account for another ruling."""
    if new.status == "retired" != old.status:
        return "it was retired"
    causes = ["its definition changed"] if _differ(old.definition_hash, new.definition_hash) else []
    if not (old.data_fingerprint and new.data_fingerprint):
        causes.append("whether its data changed is not known")
    elif old.data_fingerprint != new.data_fingerprint:
        causes.append("its data changed")
    return " and ".join(causes) or "neither its definition nor its data changed"


def _findings(
    metric: str, old: Mapping[str, RecordedFinding], new: Mapping[str, RecordedFinding], *, measured: bool = True
) -> Iterator[Change]:
    for check in [*new, *(c for c in old if c not in new)]:
        if check in old and check in new:
            yield from _finding(metric, old[check], new[check], measured=measured)
        elif check in new:
            state = new[check].state
            says = f"{check} was not asked before; it is {STATES[state].word}: {new[check].says}"
            yield Change(metric=metric, kind="asked", check=check, after=state.value, says=says)
        else:
            state = old[check].state
            says = f"{check} is no longer asked; it was {STATES[state].word}."
            yield Change(metric=metric, kind="asked", check=check, before=state.value, says=says)


def _finding(metric: str, old: RecordedFinding, new: RecordedFinding, *, measured: bool) -> Iterator[Change]:
    check = new.check
    if old.crashed != new.crashed:
        says = f"{check} broke down: {new.says}" if new.crashed else f"{check} runs again."
        yield Change(metric=metric, kind="run", check=check, worse=new.crashed, says=says)
    if not measured or old.crashed or new.crashed:
        return
    if old.state is not new.state:
        yield _state(metric, old, new)
    elif moved(old, new):
        before, after = _told(old), _told(new)
        says = (
            f"{check} moved from {before} to {after}, each outside the other's interval ({new.effect_is or 'effect'})."
        )
        yield Change(metric=metric, kind="effect", check=check, before=before, after=after, says=says)
    if new.state is State.SUSPECT and bool(old.waived) != bool(new.waived):
        says = f"{check} is waived now: {new.waived}" if new.waived else f"{check} is no longer waived ({old.waived})."
        yield Change(metric=metric, kind="waiver", check=check, before=old.waived, after=new.waived, says=says)


def _state(metric: str, old: RecordedFinding, new: RecordedFinding) -> Change:
    worse = True if new.state is State.SUSPECT else False if (old.state, new.state) == _CLEARED else None
    words = STATES[old.state].word, STATES[new.state].word
    says = f"{new.check} went from {words[0]} to {words[1]}: {new.says}"
    return Change(
        metric=metric,
        kind="state",
        check=new.check,
        before=old.state.value,
        after=new.state.value,
        worse=worse,
        says=says,
    )


_CLEARED = (State.SUSPECT, State.CLEAR)


def moved(old: RecordedFinding, new: RecordedFinding) -> bool:
    """Whether each effect lies outside the other's interval; never where neither has one, or they mean two things."""
    if old.effect is None or new.effect is None or old.effect_is != new.effect_is:
        return False
    if old.interval is None and new.interval is None:
        return False
    return _outside(new.effect, old.interval) and _outside(old.effect, new.interval)


def _outside(value: float, interval: tuple[float | None, float | None] | None) -> bool:
    """Whether the value is outside by more than a millionth; everything is outside of no interval."""
    if interval is None:
        return True
    low, high = interval
    below = low is not None and value < low - RELATIVE * max(abs(low), abs(value))
    above = high is not None and value > high + RELATIVE * max(abs(high), abs(value))
    return below or above


def _told(finding: RecordedFinding) -> str:
    shown = number(finding.effect)
    if finding.interval is None:
        return shown
    low, high = finding.interval
    ends = (number(float("-inf") if low is None else low), number(float("inf") if high is None else high))
    return f"{shown} ({ends[0]} to {ends[1]})"


def _same(old: Any, new: Any) -> bool:
    """Whether two values of the policy are equal, numbers to a millionth."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, int | float) and isinstance(new, int | float):
        return abs(old - new) <= RELATIVE * max(abs(old), abs(new))
    return bool(old == new)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(held)}" for key, held in sorted(value.items())) or "nothing set"
    return number(float(value)) if isinstance(value, int | float) else str(value)
