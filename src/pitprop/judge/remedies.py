"""The cheapest next step for each suspicion, and what would take the suspicion away."""

from __future__ import annotations

from pitprop.examine.finding import Finding

NO_LEAGUE_TABLE = "Publish no league table: most places cannot be told apart."

DROP_THE_TARGET = "Keep it as a diagnostic and drop the target: gaming indicts the target, not the metric."

BY_CHECK = {
    "bunching": DROP_THE_TARGET,
    "heaping": "Find out how the number is recorded; declare `resolution` if the instrument rounds.",
    "digits": "Find out how the numbers come about: read them off the instrument or the ledger, not from a form.",
    "integer_share": "Ask for numerator and denominator instead of the percentage, and compute it yourself.",
    "storming": "Judge a rolling period instead of one that ends for all on one day; look at what its last days made.",
    "smoothness": "Take a few months' numbers again from the rows behind them, by someone without a stake in them.",
    "duplicates": "Ask for the records behind the values that repeat.",
    "revision": "Freeze the number when it is due, and report revisions beside it instead of over it.",
    "ratchet": "Fix targets for several periods ahead, from something other than the unit's own last result.",
    "selection": "Report who was left out beside the number, and compare within risk groups.",
    "persistence": "Judge gains by what is left of them a period later.",
    "crowding_out": "Pair the number with the work that it crowds out, or take the stakes off it.",
    "decoupling": "Take the stakes off it and steer by its outcome until the two move together again.",
    "guardrail": "Suspend the target until the guardrail has recovered, then pair the two.",
    "reliability": "Pool more periods or more rows before anyone is praised or blamed for it.",
    "rankability": f"{NO_LEAGUE_TABLE} Show the rank intervals instead.",
    "process": "Judge several periods together; react to single ones only where they leave the limits.",
    "stability": "Find out what changed then, and declare it under `events`; compare only within one definition.",
    "coverage": "Fill the gaps or say why they are there, before anyone is compared.",
    "predictive": "Stop steering by it; keep it only if someone can name what it decides.",
    "cost": "Collect it less often or more cheaply, or stop.",
    "redundancy": "Keep the cheaper of the two and stop collecting this one; if both are wanted as a check on each "
    "other, say so.",
    "surrogate": "Pay for the outcome, or for units' gains in it, not for gains in this number.",
    "extremal": "Cap the target where more of it stops bringing success; keep the number below that.",
    "sensitivity": "Do not steer by it; find a number that moved when the work did, or say what it is meant to show.",
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
