"""What a work study came to, in a few sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from pitprop.report.plain import plain
from pitprop.report.simulation.amounts import estimate, listed, mean, times
from pitprop.simulate.work.results import ArmResult, Estimate, FactorShare, Gain, WorkStudy

Called = Callable[[ArmResult], str]
"""How an arm is called: by its name, where people type it, or by its label."""


def by_name(arm: ArmResult) -> str:
    return plain(arm.name)


def by_label(arm: ArmResult) -> str:
    """In quotation marks, so that it can stand in a sentence."""
    return f"“{title(arm)}”"


def title(arm: ArmResult) -> str:
    """Its label; its name where it has none."""
    return plain(arm.label) or plain(arm.name)


def setting(study: WorkStudy) -> str:
    """How it was done, on one line."""
    arms = len(study.arms)
    each = f"{study.replications:,} replication{'' if study.replications == 1 else 's'}"
    many = "1 arm" if arms == 1 else f"{arms} arms"
    of = f"{many}, {each}" if arms == 1 else f"{many}, {each} of each on the same random numbers"
    return f"{of}, seed {study.seed}; intervals are 95 %."


def answer(study: WorkStudy, called: Called) -> tuple[str, ...]:
    """What came out, in a sentence or a few."""
    if not study.arms:
        return ("No arm was simulated.",)
    said = [_locked(arm, called) for arm in study.arms if arm.locked]
    if len(study.arms) == 1:
        return (*said, _alone(study.arms[0], called))
    if not any(arm.output.mean > 0 for arm in study.arms):
        return (*said, "No arm yields anything.")
    said.append(_most(study, called))
    said += [told for told in (_most_per_head(study, called), _undone(study)) if told]
    if study.gain and told_apart(study.gain):
        said += _gain(study, study.gain, called)
    return tuple(said)


def _locked(arm: ArmResult, called: Called) -> str:
    """That the work comes to a stand, before anything else is said of it."""
    often = f"{arm.locked:,} of {arm.replications:,} replications" if arm.replications > 1 else "the one replication"
    said = f"{called(arm)} locks up in {often}: everybody waits for somebody."
    return f"{said} Its figures say what was done until then."


def _alone(arm: ArmResult, called: Called) -> str:
    said = f"{called(arm)} yields {estimate(arm.output, arm.unit)} a shift"
    if arm.heads > 1:
        said += f", {mean(arm.per_head)} {plain(arm.unit)} for each of its {arm.heads} people"
    if arm.headline:
        said += f", {times(arm.headline.mean)} times the norm"
    return f"{said}."


def _most(study: WorkStudy, called: Called) -> str:
    first = study.arms[0]
    best = max(study.arms, key=lambda arm: _known(arm.output))
    said = f"{called(best)} yields most: {estimate(best.output, best.unit)} a shift"
    against = next((d for d in study.differences if d.arm == best.name), None)
    if best is first:
        said = f"{called(first)}, the first arm, yields most: {estimate(first.output, first.unit)} a shift"
    elif against and math.isfinite(against.ratio.mean):
        said += f", {mean(against.ratio)} times what {called(first)} yields"
    close = [arm for arm in study.arms if arm is not best and arm.output.high >= best.output.low]
    if close:
        names = listed(called(arm) for arm in close[:3])
        more = f" and {len(close) - 3} more" if len(close) > 3 else ""
        said += f" (the interval of {names}{more} overlaps with that)"
    return f"{said}."


def _most_per_head(study: WorkStudy, called: Called) -> str:
    best = max(study.arms, key=lambda arm: _known(arm.output))
    most = max(study.arms, key=lambda arm: _known(arm.per_head))
    level = [arm for arm in study.arms if arm is most or arm.per_head.high >= most.per_head.low]
    head = min(level, key=lambda arm: sum(_known(buffer.left) for buffer in arm.buffers if buffer.debt))
    if best.heads <= 1 and head is best:
        return ""
    unit = plain(best.unit)
    mine = f"{mean(best.per_head)} {unit} for each of its {best.heads} people"
    if head is best:
        return f"That is {mine}, and per head, too, it is the most."
    return f"That is {mine}; per head {called(head)} yields more, {mean(head.per_head)} {unit}."


def _known(estimate: Estimate) -> float:
    """The mean; less than any other where there is none."""
    return estimate.mean if math.isfinite(estimate.mean) else -math.inf


def _undone(study: WorkStudy) -> str:
    """What the arm with most output leaves behind, where that is more than the first arm does."""
    first = {buffer.name: buffer.left for buffer in study.arms[0].buffers if buffer.debt}
    best = max(study.arms, key=lambda arm: _known(arm.output))
    more = [b for b in best.buffers if b.debt and b.name in first and b.left.low > first[b.name].high]
    if not more:
        return ""
    parts = [f"{plain(b.name)} {mean(b.left)} against {mean(first[b.name])}" for b in more]
    return f"It leaves more undone: {listed(parts)}."


def told_apart(gain: Gain) -> bool:
    """Whether there is a ratio to take apart: both arms yield something."""
    return math.isfinite(gain.ratio.mean) and gain.ratio.mean > 0


def not_told(study: WorkStudy, gain: Gain, called: Called) -> str:
    """What to say where there is none."""
    start, end = (_named(study, name, called) for name in (gain.start, gain.end))
    return f"The gain from {start} to {end} cannot be taken apart: one of the two yields nothing."


def _gain(study: WorkStudy, gain: Gain, called: Called) -> Iterator[str]:
    start, end = (_named(study, name, called) for name in (gain.start, gain.end))
    what = "headline" if gain.headline else "output"
    said = f"The {what} of {end} is {mean(gain.ratio)} times that of {start}"
    largest = sorted(gain.factors, key=lambda factor: -abs(math.log(max(factor.times.mean, 1e-300))))[:3]
    parts = [f"{factor_name(f)} ×{times(f.times.mean)}" for f in largest]
    if parts:
        few = "its factors are" if len(gain.factors) <= 3 else "the largest factors are"
        said += f"; {few} {listed(parts)}"
    yield f"{said}."
    ends = [arm for name in (gain.end, gain.start) for arm in study.arms if arm.name == name]
    if len(ends) == 2 and gain.headline:
        heads = [f"{mean(arm.per_head)} {plain(arm.unit)}" for arm in ends]
        yield f"Per head {end} yields {heads[0]} a shift, {start} {heads[1]}."


def _named(study: WorkStudy, name: str, called: Called) -> str:
    return next((called(arm) for arm in study.arms if arm.name == name), plain(name))


def arm_called(study: WorkStudy, name: str, called: Called) -> str:
    """What the arm of that name is called, also where there is no such arm."""
    return _named(study, name, called)


def factor_name(factor: FactorShare) -> str:
    return plain(factor.label) or plain(factor.name)


def featured(study: WorkStudy, most: int) -> tuple[ArmResult, ...]:
    """The arms that are shown in full, in the file's order: the first, the split's, the best, then as they come."""
    if len(study.arms) <= most:
        return study.arms
    wanted = [study.arms[0].name]
    if study.gain:
        wanted += [study.gain.start, study.gain.end]
    wanted.append(max(study.arms, key=lambda arm: _known(arm.output)).name)
    wanted.append(max(study.arms, key=lambda arm: _known(arm.per_head)).name)
    wanted += [arm.name for arm in study.arms]
    chosen = set(list(dict.fromkeys(wanted))[:most])
    return tuple(arm for arm in study.arms if arm.name in chosen)
