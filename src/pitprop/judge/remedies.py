"""The cheapest next step for each suspicion, and what would take the suspicion away."""

from __future__ import annotations

from pitprop.examine.finding import Finding

NO_LEAGUE_TABLE = "Publish no league table: most places cannot be told apart."

DROP_THE_TARGET = "Keep it as a diagnostic and drop the target: gaming indicts the target, not the metric."

BY_CHECK = {
    "bunching": DROP_THE_TARGET,
    "heaping": "Find out how the number is recorded; declare `resolution` if the instrument rounds.",
    "decoupling": "Take the stakes off it and steer by its outcome until the two move together again.",
    "guardrail": "Suspend the target until the guardrail has recovered, then pair the two.",
    "reliability": "Pool more periods or more rows before anyone is praised or blamed for it.",
    "rankability": f"{NO_LEAGUE_TABLE} Show the rank intervals instead.",
    "predictive": "Stop steering by it; keep it only if someone can name what it decides.",
    "cost": "Collect it less often or more cheaply, or stop.",
}
BY_FAMILY = {
    "distorted_data": DROP_THE_TARGET,
    "distorted_work": "Suspend the target, and look at what the work is for.",
    "noise": "Praise and blame no one for single periods of it.",
    "worth": "Collect it less often or more cheaply, or stop.",
    "governance": "Complete its definition.",
}
UNLESS_BY_FAMILY = {
    "distorted_data": "The same pattern in data from a time or a place without the target, or a measurement "
    "repeated by someone who has no stake in it.",
    "distorted_work": "Comparable units without the target that changed in the same way at the same time.",
    "noise": "More rows for each entity and period, or longer periods.",
    "worth": "A later outcome that it foretells, or a decision that it changes.",
}


def remedy_for(finding: Finding) -> str:
    """The cheapest next step after a suspicion, with the corrected level where the finding gives one."""
    step = BY_CHECK.get(finding.check) or BY_FAMILY.get(finding.family, "Look into it.")
    reported = finding.data.get("share_meeting_reported")
    corrected = finding.data.get("share_meeting_corrected")
    if isinstance(reported, float) and isinstance(corrected, float):
        return f"{step} Without what was moved about {corrected:.1%} would meet it, not {reported:.1%}."
    return step


def unless(finding: Finding) -> tuple[str, ...]:
    """What would take a suspicion away."""
    out = [f"Showing that it comes from this instead: {'; '.join(finding.innocent)}."] if finding.innocent else []
    general = UNLESS_BY_FAMILY.get(finding.family)
    return (*out, general) if general else tuple(out)
