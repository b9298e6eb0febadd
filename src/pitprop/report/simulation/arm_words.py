"""What there is to say about one arm of a work study; empty where there is nothing."""

from __future__ import annotations

import math
import re

from pitprop.report.plain import plain
from pitprop.report.simulation.amounts import TIMES, estimate, length, listed, mean, percent
from pitprop.report.wording import number
from pitprop.simulate.work.results import ArmResult


def credit(arm: ArmResult) -> str:
    """To how many the headline credits what all have done; empty where that is everybody or not known."""
    if arm.credited is None or arm.credited == arm.heads:
        return ""
    heads = number(arm.credited)
    return f"the headline credits {heads} head{'' if arm.credited == 1 else 's'} with the work of {arm.heads}"


def also(arm: ArmResult) -> str:
    """What else would add to the output, beside what the bottleneck's sentence names."""
    if not arm.bottleneck:
        return ""
    said = arm.bottleneck.says
    helps = [more for more in arm.bottleneck.one_more if more.gain.low > 0 and not _named(more.of, said)]
    parts = [f"{plain(m.of)} {estimate(m.gain, arm.unit, more=True)}" for m in helps[:3]]
    rest = f"; {len(helps) - 3} others add less" if len(helps) > 3 else ""
    return f"one more {'; '.join(parts)}{rest}" if parts else ""


def _named(of: str, said: str) -> bool:
    """Whether the sentence names it, with or without its kind: `worker hewer`, `room in face`."""
    bare = re.sub(r"^(worker|tool|room in|run of) ", "", of)
    return re.search(rf"(?<!\w){re.escape(bare)}(?!\w)", said) is not None


def debts(arm: ArmResult) -> tuple[str, ...]:
    """What each buffer of debt holds at the end."""
    owed = [b for b in arm.buffers if b.debt]
    return tuple(f"{plain(b.name)} {estimate(b.left)}" for b in owed)


def levels(arm: ArmResult) -> tuple[str, ...]:
    """How full the buffers with a limit were."""
    limited = [b for b in arm.buffers if math.isfinite(b.limit) and b.limit > 0]
    return tuple(f"{plain(b.name)} {mean(b.level)} of {number(b.limit)}" for b in limited)


def tool_use(arm: ArmResult) -> tuple[str, ...]:
    return tuple(
        f"{plain(t.name)}{f' ({t.count})' if t.count > 1 else ''} {percent(t.use.mean)}"
        + (f", {percent(t.repair.mean)} in repair" if t.repair.mean > 0 else "")
        for t in arm.tools
    )


def losses(arm: ArmResult) -> tuple[str, ...]:
    return tuple(f"{plain(task)} {estimate(lost)}" for task, lost in arm.lost.items() if lost.mean > 0)


def flow(arm: ArmResult) -> str:
    """How long a unit is under way, and how many are."""
    parts = []
    if arm.cycle_time:
        unit = TIMES.get(arm.time, plain(arm.time))
        parts.append(f"a unit takes {estimate(arm.cycle_time, unit)} from its first task to the output")
    if arm.in_progress:
        parts.append(f"{mean(arm.in_progress)} are in progress on average")
    return "; ".join(parts)


def unsound(arm: ArmResult) -> str:
    """A warning where Little's law does not hold, as it must in every run whatever the file says."""
    if arm.little is None or arm.little <= 1e-6:
        return ""
    return f"Little's law, by which runs check themselves, is off by {percent(arm.little)}: do not rely on this arm"


def bound(arm: ArmResult) -> str:
    """How far the arm is from the most that its people could yield."""
    if not arm.capacity or not arm.capacity.output > 0:
        return ""
    most = f"{number(arm.capacity.output, digits=4)} {plain(arm.unit)}"
    reached = percent(arm.output.mean / arm.capacity.output)
    who = {0: "the same tools", 1: "one person"}.get(arm.heads, f"the same {arm.heads} people")
    said = f"{reached} of the {most} that is the most {who} could yield, however the work is shared"
    if arm.capacity.limited_by:
        said += f" (then limited by {listed(plain(name) for name in arm.capacity.limited_by[:5])})"
    return said


def best_roles(arm: ArmResult) -> str:
    """Who should do what."""
    if not arm.roles or not arm.roles.tasks:
        return ""
    who = [f"{plain(name)}: {', '.join(plain(t) for t in tasks)}" for name, tasks in arm.roles.tasks.items()]
    more = f" and {len(who) - 8} more" if len(who) > 8 else ""
    how = f"{arm.roles.looked_at:,} divisions looked at" + (", which is all of them" if arm.roles.exact else "")
    return f"{estimate(arm.roles.output, arm.unit)} with {'; '.join(who[:8])}{more} ({how})"


def warm_up(arm: ArmResult) -> str:
    if arm.warm_up <= 0:
        return ""
    how = "found in pilot runs" if arm.warm_up_found else "as declared"
    return f"the first {length(arm.warm_up, arm.time)} are not counted ({how})"
