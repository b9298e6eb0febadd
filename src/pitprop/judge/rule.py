"""The rule: from the evidence about one metric to keep, challenge, discard or undecided.

In this order:

1. What could not be measured is *undecided*: nothing is kept or discarded for want of data.
2. *discard* needs positive evidence; one ground suffices. (D1) It predicts nothing about success (grade C or
   better) and costs more than its decisions can gain. (D2) It has come loose from its outcome since the
   target (grade B or better). (D3) It harms a guardrail (grade B or better). (D4) It is noise:
   something hangs for entities on a target of it, pooling as many periods as is feasible would not tell them
   apart, and it predicts nothing about success either. Entities that are alike are no fault of a number, so noise
   between them alone is a challenge; and so are D2 and D3 on a weaker design. Distorted data alone never
   discard: gaming indicts the target, not the metric.
3. *challenge* where a suspicion counts: distorted work, distorted data, no value, too noisy for the stakes
   that hang on it, a league table of entities that cannot be told apart, or a declared cost with no declared decision
   (Hubbard: what changes no decision has no information value). A family counts once, however many of its
   checks see the same thing. A suspicion counts if it stands out among everything tested (q at or below the
   false discovery rate) and no waiver is in force. A suspicion of distortion that rests on the shape of the data
   alone (grade D) counts only where another check of distortion agrees.
4. *keep* needs everything: value shown (it predicts its outcome; where it has no outcome to predict, its
   declared decisions are worth more than it costs), every declared guardrail held, reliability enough for
   its declared use, purpose, decision, owner and review declared, a counter-metric where stakes hang on a
   target, a definition that held still and rows that are there and can be used (stability, coverage), and no check
   that broke down.
5. Otherwise *undecided*, with what would decide. Gaps in governance alone lead here, never to a challenge:
   they are mended by writing a line, and they say nothing against the number.

More suspicion never gives a better ruling (keep, undecided, challenge, discard is the order).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pitprop.examine.finding import Finding, State
from pitprop.judge.evidence import Evidence
from pitprop.judge.reason import Reason, family, missing, suspicion
from pitprop.judge.remedies import NO_LEAGUE_TABLE, remedy_for, unless
from pitprop.judge.verdict import Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A ruling with its reasons, the binding one first."""

    ruling: Ruling
    because: tuple[str, ...]
    remedy: str
    would_change: tuple[str, ...] = ()


def rule(evidence: Evidence, problem: str = "") -> Decision:
    """What follows from the evidence.

    Parameters
    ----------
    evidence
        The metric, its findings with q-values and waivers stamped on, and the policy.
    problem
        Why the data could not be had; empty where they could.
    """
    if problem:
        return _undecided([Reason(says=problem, remedy="Make the data readable, then audit again.")])
    if evidence.metric.status == "retired":
        return _undecided([Reason(says="It is retired.", remedy="Nothing: it is out of use.")])
    if not evidence.measured:
        return _undecided([_unmeasured(evidence), *_hurdles(evidence, governance_only=True)])

    discards = _found(evidence, (worthless, decoupled, harmful, pure_noise))
    challenges = _found(evidence, CHALLENGES)
    if discards:
        told = {f.check for reason in discards for f in reason.rests_on}
        further = [c for c in challenges if not c.rests_on or not {f.check for f in c.rests_on} <= told]
        return _decision(Ruling.DISCARD, [*discards, *further], "Stop using it.", evidence)
    if challenges:
        return _decision(Ruling.CHALLENGE, challenges, "", evidence)
    hurdles = _hurdles(evidence)
    if hurdles:
        return _undecided(hurdles, _asides(evidence))
    return _keep(evidence)


# ---- discard: positive evidence only ------------------------------------------------------------------


def worthless(e: Evidence) -> Reason | None:
    """D1: no incremental value, and a negative net value of information."""
    predictive, cost = e.of("predictive"), e.of("cost")
    if e.suspect("predictive") and e.suspect("cost") and predictive.grade in ("A", "B", "C"):
        return suspicion(predictive, cost)
    return None


def decoupled(e: Evidence) -> Reason | None:
    """D2: since the target it no longer moves with real success."""
    return suspicion(e.of("decoupling")) if e.suspect("decoupling") and _strong(e.of("decoupling")) else None


def harmful(e: Evidence) -> Reason | None:
    """D3: a guardrail got worse by more than can be accepted, and the design can attribute it."""
    return suspicion(e.of("guardrail")) if e.suspect("guardrail") and _strong(e.of("guardrail")) else None


def pure_noise(e: Evidence) -> Reason | None:
    """D4: entities are held to a target by noise that no feasible pooling cures and that predicts nothing."""
    bounds, pooled = e.reliability_bounds, e.of("reliability").data.get("pooled_upper")
    hopeless = (
        bounds is not None
        and bounds[1] < e.policy.reliability_noise
        and isinstance(pooled, int | float)
        and pooled < e.policy.reliability
    )
    judged = any(t.on == "entity_period" and t.stakes != "none" for t in e.metric.targets)
    if hopeless and judged and e.suspect("reliability") and e.suspect("predictive"):
        return suspicion(e.of("reliability"), e.of("predictive"))
    return None


# ---- challenge: something is suspect ------------------------------------------------------------------


def distorted_work(e: Evidence) -> Reason | None:
    """The number is real, but its purpose suffers."""
    found = e.suspects("distorted_work")
    weak = bool(found) and found[0].check in ("decoupling", "guardrail") and not _strong(found[0])
    return family(found, _weakness(found[0]) if weak else "")


def distorted_data(e: Evidence) -> Reason | None:
    """The number says what the work did not do."""
    return family(e.suspects("distorted_data"))


def no_value(e: Evidence) -> Reason | None:
    """It tells nothing about success, or costs more than it can be worth, or both on a weak design."""
    return family(e.suspects("worth"))


def too_noisy(e: Evidence) -> Reason | None:
    """Something hangs on a target, and the number is too noisy for that use."""
    bounds, asked, finding = e.reliability_bounds, e.reliability_asked, e.of("reliability")
    if not e.stakes or finding.waived:
        return None
    if e.suspect("reliability"):
        return suspicion(finding)
    if bounds is not None and bounds[1] < asked and finding.state is not State.SUSPECT:
        return Reason(
            says=f"{finding.says} Its declared use asks for a signal share of {asked:.2f}; "
            f"at most {bounds[1]:.2f} is there.",
            remedy=remedy_for(finding),
            unless=unless(finding),
            rests_on=(finding,),
        )
    return None


def other_noise(e: Evidence) -> Reason | None:
    """Another check of noise raised a suspicion; what `too_noisy` says already is not said twice."""
    told = {"reliability", "rankability"} | ({"process"} if too_noisy(e) else set())
    found = [f for f in e.suspects("noise") if f.check not in told]
    return family(tuple(found)) if e.stakes else None


def false_league_table(e: Evidence) -> Reason | None:
    """It ranks entities in public or for reward that cannot be told apart."""
    if e.suspect("rankability") and e.stakes & {"ranking", "publicity"}:
        return suspicion(e.of("rankability"))
    return None


def purposeless(e: Evidence) -> Reason | None:
    """It has a declared cost, and no declared decision that it informs."""
    cost = e.metric.cost
    spent = cost is not None and (cost.amount[1] > 0 or cost.hours_per_period[1] * cost.hourly_rate[1] > 0)
    if spent and e.suspect("decision"):
        return Reason(
            says="It has a declared cost and no declared decision: what changes no decision has no information value.",
            remedy="Name the decision that it informs, or stop collecting it.",
            unless=("Declare `decision` and `decisions_per_year`.",),
        )
    return None


CHALLENGES: tuple[Callable[[Evidence], Reason | None], ...] = (
    distorted_work,
    distorted_data,
    no_value,
    too_noisy,
    other_noise,
    false_league_table,
    purposeless,
)
"""Grounds of a challenge, the gravest first."""


# ---- keep: everything is shown ------------------------------------------------------------------------

COMPLETE = ("purpose", "decision", "owner", "review", "counter_metric")
"""Governance checks that `keep` asks for."""


def _hurdles(e: Evidence, governance_only: bool = False) -> list[Reason]:
    gaps = [missing(f) for f in (e.of(check) for check in COMPLETE) if f.state is State.SUSPECT and not f.waived]
    if governance_only:
        return gaps
    out = []
    if not _value_shown(e):
        predictive = e.of("predictive")
        says = f"Nothing counts against its declared use, but its value is not shown. {predictive.says}"
        out.append(missing(predictive, says))
    if e.metric.guardrails and e.metric.targets and not e.clear("guardrail") and not e.of("guardrail").waived:
        out.append(missing(e.of("guardrail")))
    bounds = e.reliability_bounds
    if not e.clear("reliability") or bounds is None or bounds[0] < e.reliability_asked:
        out.append(missing(e.of("reliability")))
    coverage = e.of("coverage")
    out += [suspicion(f) for f in (e.of("stability"), coverage) if e.counts(f)]
    if coverage.data.get("rows_unusable") and coverage.state is State.INCONCLUSIVE and not coverage.waived:
        out.append(missing(coverage))
    out += [
        Reason(says=f"{f.check} could not be run: {f.data['crashed']}.", remedy="Report the fault of the check.")
        for f in e.findings
        if "crashed" in f.data
    ]
    return out + gaps


def _value_shown(e: Evidence) -> bool:
    nothing_to_predict = e.metric.outcome is None
    return e.clear("predictive") or (nothing_to_predict and e.clear("cost"))


def _keep(e: Evidence) -> Decision:
    shown = [e.of(check) for check in ("predictive", "cost", "guardrail", "reliability")]
    caveat = f" {NO_LEAGUE_TABLE}" if e.suspect("rankability") else ""
    review = f" Review it by {e.metric.review_by}." if e.metric.review_by else ""
    return Decision(
        ruling=Ruling.KEEP,
        because=tuple(f.says for f in shown if f.state is State.CLEAR),
        remedy=f"Keep it.{caveat}{review}",
        would_change=_asides(e),
    )


# ---- putting it into words ----------------------------------------------------------------------------


def _found(e: Evidence, grounds: tuple[Callable[[Evidence], Reason | None], ...]) -> list[Reason]:
    return [reason for ground in grounds if (reason := ground(e)) is not None]


def _strong(finding: Finding) -> bool:
    return finding.grade in ("A", "B")


def _weakness(finding: Finding) -> str:
    grade = f"grade {finding.grade}" if finding.grade else "without a grade"
    return f" Its design ({grade}) is too weak to discard on."


TELLING = ("reliability", "predictive", "guardrail", "decoupling", "bunching")
"""Whose words say best why the data cannot tell."""


def _unmeasured(e: Evidence) -> Reason:
    data = [f for f in e.findings if f.family != "governance" and f.check != "cost"]
    unsure = [f for f in data if f.state is State.INCONCLUSIVE]
    told = unsure or [f for f in data if not f.needed] or data
    if not told:
        return Reason(says="No check of the data was asked for.", remedy="Audit it with the whole battery.")
    best = next((f for check in TELLING for f in told if f.check == check), told[0])
    return missing(best, f"The data cannot tell. {best.says}")


def _decision(ruling: Ruling, reasons: list[Reason], remedy: str, e: Evidence) -> Decision:
    because = tuple(dict.fromkeys(r.says for r in reasons))
    changes = [line for r in reasons for line in r.unless]
    return Decision(
        ruling=ruling,
        because=because,
        remedy=remedy or reasons[0].remedy,
        would_change=tuple(dict.fromkeys([*changes, *_asides(e)])),
    )


def _undecided(reasons: list[Reason], asides: tuple[str, ...] = ()) -> Decision:
    cheapest = next((r for r in reasons if r.declaration), reasons[0])
    changes = [line for r in reasons for line in r.unless]
    return Decision(
        ruling=Ruling.UNDECIDED,
        because=tuple(dict.fromkeys(r.says for r in reasons)),
        remedy=cheapest.remedy,
        would_change=tuple(dict.fromkeys([*changes, *asides])),
    )


def _asides(e: Evidence) -> tuple[str, ...]:
    """Suspicions that do not count, and why."""
    out = []
    for f in e.findings:
        if f.state is State.SUSPECT and f.waived:
            out.append(f"{f.check} is suspect and does not count while it is waived: {f.waived}.")
        elif f.state is State.SUSPECT and not e.stands_out(f):
            out.append(
                f"{f.check} is suspect by itself, but among everything that was tested chance gives as much "
                f"(q = {f.q_value:.2g}, counted from {e.policy.fdr:g} down): more data would tell."
            )
        elif f.state is State.SUSPECT and e.alone(f):
            out.append(
                f"{f.check} is suspect on the shape of the data alone (grade D); by itself that does not count. "
                f"{f.says}"
            )
    return tuple(out)
