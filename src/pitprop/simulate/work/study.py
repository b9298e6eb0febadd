"""A study: everything that is asked about a work scenario, simulated and put together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from pitprop.define.work import Arm, WorkScenario
from pitprop.errors import PitpropError
from pitprop.simulate.work.arm_result import arm_result, one_run
from pitprop.simulate.work.bottleneck import bottleneck
from pitprop.simulate.work.capacity import capacity
from pitprop.simulate.work.curves import POINTS, curve
from pitprop.simulate.work.differences import difference
from pitprop.simulate.work.gain import MOST, gain
from pitprop.simulate.work.intervals import batch_means
from pitprop.simulate.work.little import little_gap
from pitprop.simulate.work.lock_up import lock_up
from pitprop.simulate.work.network import network
from pitprop.simulate.work.record import record
from pitprop.simulate.work.replicate import LOADING, PLAIN_SPEED, Engine, compiled_starts_in, runs_ahead
from pitprop.simulate.work.results import (
    ArmResult,
    CrewCurve,
    Difference,
    Gain,
    Records,
    Swing,
    WorkStudy,
)
from pitprop.simulate.work.roles import ALL_OF_THEM, FINALISTS, STEPS, best_roles
from pitprop.simulate.work.sensitivity import ranked, swing
from pitprop.simulate.work.switches import way
from pitprop.simulate.work.trials import Trials

Part = Literal["bottleneck", "capacity", "roles", "gain", "sensitivity", "curves", "records"]
PARTS: tuple[Part, ...] = get_args(Part)
TRIES = 5
"""About how many other ways of working each part tries for each arm."""
Progress = Callable[[str], None]

BUDGET = 2e7
"""Runs of tasks that each part may simulate; with more to try, each is tried with fewer replications."""
FEWEST = 30
"""Replications below which no part goes, however dear."""
RECORDED = 100_000
"""Runs of tasks up to which a replication is recorded one by one."""
SCREENING, FEWEST_SCREENED = 20, 5
"""Replications with which divisions of the work are compared before the best are looked at closely."""


@dataclass(slots=True, kw_only=True)
class _Study:
    scenario: WorkScenario
    arms: tuple[Arm, ...]
    replications: int
    trials: Trials
    say: Progress
    notes: list[str]

    def ways(self, replications: int) -> int:
        """Ways of working that the budget allows, with so many replications of each."""
        return min(STEPS, max(FEWEST, int(BUDGET / self.dearest() / max(replications, 1))))

    def affordable(self, ways: int, fewest: int = FEWEST) -> int:
        """Replications of each of so many ways of working that the budget allows, and never fewer than so many."""
        return min(self.replications, max(fewest, int(BUDGET / self.dearest() / max(ways, 1))))

    def dearest(self) -> float:
        """Runs of tasks in a replication of the arm that has most of them."""
        runs = (self.trials.totals(arm.work, self.replications).done.sum(axis=1).mean() for arm in self.arms)
        return max(1.0, *(float(count) for count in runs))


def study(
    scenario: WorkScenario,
    *,
    replications: int | None = None,
    seed: int | None = None,
    arms: Sequence[str] | None = None,
    split: tuple[str, str] | None = None,
    threads: int | None = None,
    engine: Engine = "auto",
    progress: Progress | None = None,
    what: Collection[Part] = PARTS,
    version: str = "",
) -> WorkStudy:
    """What each arm of a scenario yields, how they differ, and why.

    Parameters
    ----------
    scenario
        What was read.
    replications, seed
        In place of the file's.
    arms
        Only these, in the file's order.
    split
        Two arms between which the gain is taken apart, in place of the file's.
    threads
        How many; the results do not depend on it.
    engine
        auto, compiled or python; the results do not depend on it.
    progress
        Is told what is being done.
    what
        Which of the parts that take further work: bottleneck, capacity, roles, gain, sensitivity, curves, records.
    version
        Of what is told to have made the study.

    Raises
    ------
    PitpropError
        There is no arm of a given name.
    """
    runs = scenario.replications if replications is None else replications
    chosen = _chosen(scenario, arms)
    ends = _split(scenario, chosen, split)
    if engine == "auto":
        engine = _engine(chosen, runs, what, progress or (lambda _: None))
    trials = Trials(seed=scenario.seed if seed is None else seed, threads=threads, engine=engine)
    this = _Study(
        scenario=scenario.model_copy(update={"arms": chosen}),
        arms=chosen,
        replications=runs,
        trials=trials,
        say=progress or (lambda _: None),
        notes=[],
    )
    for arm in chosen:
        this.say(f"{arm.name}: {runs:,} replications")
        trials.totals(arm.work, runs)
    records = {arm.name: record(arm.work, seed=trials.seed) for arm in chosen if _short(this, arm)}
    results = tuple(_arm(this, arm, records.get(arm.name), what) for arm in chosen)
    split_apart = _gain(this, scenario, ends) if ends and "gain" in what else None
    assumed = _swings(this, ends) if "sensitivity" in what else ()
    crews = _curves(this) if "curves" in what else ()
    return WorkStudy(
        version=version,
        scenario=scenario.name,
        title=scenario.title,
        description=scenario.description,
        seed=trials.seed,
        replications=runs,
        engine=engine,
        unit=chosen[0].work.unit,
        time=chosen[0].work.time,
        norm=chosen[0].work.norm,
        arms=results,
        differences=_differences(this),
        gain=split_apart,
        swings=assumed,
        curves=crews,
        records=records if "records" in what else {},
        notes=tuple(this.notes),
    )


def _engine(arms: Sequence[Arm], replications: int, what: Collection[Part], say: Progress) -> Engine:
    """One engine for the whole study, by all the work ahead: parts that try other ways of working have most of it."""
    tries = 1 + TRIES * len({"bottleneck", "roles", "gain", "sensitivity", "curves"} & set(what))
    ahead = sum(runs_ahead(network(arm.work)) for arm in arms) * replications * tries
    starts_in = compiled_starts_in()
    if ahead < PLAIN_SPEED * starts_in:
        return "python"
    if starts_in > LOADING:
        say("compiling the engine, once on this machine (some ten seconds)")
    return "compiled"


def _chosen(scenario: WorkScenario, names: Sequence[str] | None) -> tuple[Arm, ...]:
    known = [arm.name for arm in scenario.arms]
    for name in names or ():
        if name not in known:
            raise PitpropError(f"{scenario.name} has no arm {name}; its arms are {', '.join(known)}")
    return tuple(arm for arm in scenario.arms if names is None or arm.name in names)


def _split(scenario: WorkScenario, arms: tuple[Arm, ...], asked: tuple[str, str] | None) -> tuple[str, str] | None:
    if asked is not None:
        _chosen(scenario, asked)
        return asked
    declared = scenario.split
    there = {arm.name for arm in arms}
    return (declared.start, declared.end) if declared and {declared.start, declared.end} <= there else None


def _arm(this: _Study, arm: Arm, records: Records | None, what: Collection[Part]) -> ArmResult:
    work, trials, runs = arm.work, this.trials, this.replications
    totals, lead = trials.totals(work, runs), trials.lead(work)
    notes = [] if lead.settled else ["The work had not settled within the first half of its time: make it longer."]
    notes += _stopped(this, arm)
    result = arm_result(arm, totals, lead, little=little_gap(work, records) if records else None, notes=tuple(notes))
    if runs == 1:
        result = one_run(result, batch_means(totals.binned[0]))
    if "capacity" in what:
        result = replace(result, capacity=capacity(work))
    if "bottleneck" in what:
        this.say(f"{arm.name}: one more of everything")
        candidates = len(work.tools) + len(work.buffers) + len(work.tasks) + network(work).heads
        each = this.affordable(len(this.arms) * candidates)
        result = replace(result, bottleneck=bottleneck(work, trials=trials, replications=each))
    if "roles" in what:
        this.say(f"{arm.name}: who should do what")
        screening = min(SCREENING, this.affordable(len(this.arms) * ALL_OF_THEM, FEWEST_SCREENED))
        found = best_roles(
            work,
            trials=trials,
            replications=this.affordable(len(this.arms) * FINALISTS),
            screening=screening,
            steps=this.ways(len(this.arms) * screening),
        )
        result = replace(result, roles=found)
    return result


def _short(this: _Study, arm: Arm) -> bool:
    """Whether a run can be recorded service by service."""
    return float(this.trials.totals(arm.work, this.replications).done.sum(axis=1).mean()) <= RECORDED


def _stopped(this: _Study, arm: Arm) -> list[str]:
    """Who waits for whom, in the first replication in which the work comes to a stand."""
    stopped = this.trials.stopped(arm.work, this.replications)
    if not len(stopped):
        return []
    first = int(stopped[0])
    told = lock_up(arm.work, record(arm.work, seed=this.trials.seed, replication=first))
    return [f"At the end of replication {first + 1} {told}"] if told else []


def _differences(this: _Study) -> tuple[Difference, ...]:
    first, *others = this.arms
    outputs = {arm.name: this.trials.output(arm.work, this.replications) for arm in this.arms}
    return tuple(
        difference(
            arm=arm.name,
            than=first.name,
            output=outputs[arm.name],
            other=outputs[first.name],
            heads=network(arm.work).heads,
            other_heads=network(first.work).heads,
        )
        for arm in others
    )


def _gain(this: _Study, scenario: WorkScenario, ends: tuple[str, str]) -> Gain | None:
    this.say(f"from {ends[0]} to {ends[1]}: the gain taken apart")
    switches = len(way(scenario, *(scenario.arm(name) for name in ends)).switches)
    try:
        found = gain(scenario, *ends, trials=this.trials, replications=this.affordable(1 << min(switches, MOST)))
    except PitpropError as error:
        this.notes.append(f"The gain from {ends[0]} to {ends[1]} cannot be taken apart: {error}.")
        return None
    this.notes.extend(found.notes)
    return found


def _swings(this: _Study, ends: tuple[str, str] | None) -> tuple[Swing, ...]:
    this.say("assumed values within their ranges")
    each = this.affordable(2 * len(this.arms) * len(this.scenario.assumed))
    inside = ends if ends and {arm.name for arm in this.arms} >= set(ends) else None
    found = []
    for assumption in this.scenario.assumed:
        try:
            found.append(swing(this.scenario, assumption, trials=this.trials, replications=each, split=inside))
        except PitpropError as error:
            this.notes.append(f"The range of {assumption.at} cannot be tried: {error}.")
    return ranked(found)


def _curves(this: _Study) -> tuple[CrewCurve, ...]:
    this.say("crews of other sizes")
    each = this.affordable(POINTS * len(this.arms))
    tried = [curve(arm.name, arm.work, trials=this.trials, replications=each) for arm in this.arms]
    found = tuple(one for one in tried if one is not None)
    this.notes.extend(note for one in found for note in one.notes)
    return found
