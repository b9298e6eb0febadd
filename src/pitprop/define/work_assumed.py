"""Whether a scenario's assumptions lead to a number, and leave ways of working at both ends of their range."""

from __future__ import annotations

from collections.abc import Iterator

from pitprop.define.assembly import KEYS, AssemblyError, altered, combined, number_at, steps
from pitprop.define.place import Path, written
from pitprop.define.shape import Misfit
from pitprop.define.work import Assumption
from pitprop.define.work_checks import sound
from pitprop.define.work_draft import WorkDraft


def misassumed(draft: WorkDraft) -> Iterator[Misfit]:
    """Assumptions about nothing, of another value than the file's, or with ends that cannot be."""
    for i, assumption in enumerate(draft.head.assumed if draft.head else ()):
        at: Path = ("assumed", i, "at")
        try:
            now = number_at(draft.data, assumption.at)
        except AssemblyError as error:
            yield Misfit(path=at, says=f"{_cut(assumption.at)} {error}")
            continue
        low, high = assumption.range
        if steps(assumption.at)[0] not in (*KEYS, "factors", "arms"):
            yield Misfit(path=at, says=f"{_cut(assumption.at)} is no part of an arm: nothing would change")
        elif not low <= now <= high:
            says = f"is from {low:g} to {high:g}, and the file has {now:g}, which lies outside"
            yield Misfit(path=("assumed", i, "range"), says=says)
        else:
            yield from _ends(draft, i, assumption)


def _ends(draft: WorkDraft, i: int, assumption: Assumption) -> Iterator[Misfit]:
    """The ends of a range at which the first arm that the value is part of would be no way of working."""
    for value in assumption.range:
        data = altered(draft.data, assumption.at, value)
        for arm in draft.arms:
            after = combined(data, arm.factors, _own(data, arm.name))
            if after == combined(draft.data, arm.factors, _own(draft.data, arm.name)):
                continue
            _, misfits = sound(after)
            for misfit in misfits:
                says = f"has an end of {value:g}, at which {_cut(written(misfit.path))} {misfit.says}"
                yield Misfit(path=("assumed", i, "range"), says=says)
            break
        else:
            if value != number_at(draft.data, assumption.at):
                says = f"{_cut(assumption.at)} is part of no arm: nothing would change"
                yield Misfit(path=("assumed", i, "at"), says=says)


def _own(data: dict[str, object], arm: str) -> dict[str, object]:
    arms = data.get("arms")
    own = arms.get(arm) if isinstance(arms, dict) else None
    return own if isinstance(own, dict) else {}


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
