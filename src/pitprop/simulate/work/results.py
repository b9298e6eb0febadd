"""What a simulation of work found: frozen values, ready for words and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean with its 95 % interval (over replications, or over batches of one long run)."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerUse:
    """Where one worker's time went, as shares of it that add up to 1."""

    name: str
    role: str
    tasks: Mapping[str, Estimate]
    """By task, without switching and repair; tasks they may not do are left out."""
    waits: Mapping[str, Estimate]
    """By wait: blocked, starved, tool, room, switching, repair, away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferUse:
    """How full one buffer was."""

    name: str
    limit: float
    level: Estimate
    """Average over time, in units."""
    peak: Estimate
    wait: Estimate | None
    """Average time that a unit spends in it (Little's law: level over flow); None where nothing passed."""
    left: Estimate
    """Units in it at the end."""
    debt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """How busy one kind of tool was."""

    name: str
    count: int
    use: Estimate
    """Share of the time that it is held."""
    repair: Estimate
    """Share of the time that it is being repaired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneMore:
    """What one more of something would yield."""

    of: str
    """`worker hewer_1`, `tool drill`, `room in face`."""
    kind: str
    """worker | tool | buffer"""
    gain: Estimate
    """Added output per shift, paired on the same random numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottleneck:
    """What holds the output down, and how that is known."""

    name: str
    """As `OneMore.of`; empty where nothing stands out."""
    says: str
    """A sentence with the evidence."""
    one_more: tuple[OneMore, ...]
    """Everything that was tried, the largest gain first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The most that any way of sharing the work among the same people could yield (linear programme)."""

    output: float
    """Per shift, in the scenario's unit."""
    shares: Mapping[str, Mapping[str, float]]
    """Worker -> task -> share of their time, in one best assignment."""
    limited_by: tuple[str, ...]
    """Workers, automatic tasks and tools that are fully used in every best assignment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Who should do what: the best division with fixed tasks for each worker."""

    tasks: Mapping[str, tuple[str, ...]]
    """Worker -> tasks."""
    output: Estimate
    """Simulated, per shift."""
    exact: bool
    """Whether every division was looked at."""
    looked_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResult:
    """What one arm came to."""

    name: str
    label: str
    factors: tuple[str, ...]
    heads: int
    unit: str
    time: str
    replications: int
    output: Estimate
    """Per shift (per hour where work never ends and `steady` is set, see `per_hour`)."""
    spread: float
    """Standard deviation of the output from shift to shift (replication to replication)."""
    per_head: Estimate
    per_hour: Estimate
    per_head_hour: Estimate
    headline: Estimate | None
    """Multiple of the norm per credited head; None where no norm is given."""
    warm_up: float
    """Time left out at the beginning."""
    warm_up_found: bool
    """Whether it was detected rather than declared."""
    cycle_time: Estimate | None
    """From the start of the first task on a unit until it reaches the output."""
    in_progress: Estimate | None
    """Average number of units between the two (Little's law, L = output rate x cycle time)."""
    little: float | None
    """Largest relative gap in Little's law, checked unit by unit on recorded shifts; rounding errors only."""
    workers: tuple[WorkerUse, ...]
    buffers: tuple[BufferUse, ...]
    tools: tuple[ToolUse, ...]
    done: Mapping[str, Estimate]
    """Runs of each task per shift."""
    lost: Mapping[str, Estimate]
    """Units lost for want of room per shift, of tasks that may lose some."""
    bottleneck: Bottleneck | None
    capacity: Capacity | None
    roles: Roles | None
    locked: int = 0
    """Replications in which the work locked up, so that its figures say what was done until then."""
    notes: tuple[str, ...]
    """Deadlocks with who waits for whom, runs that ended early, and what else a reader must know."""
    credited: float | None = None
    """To how many heads the headline credits the output; None where no norm is given."""
    norm: float | None = None
    """Output per credited head and shift that is held to be normal in this arm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One arm less another on the same random numbers."""

    arm: str
    than: str
    output: Estimate
    per_head: Estimate
    ratio: Estimate
    """Output over output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorShare:
    """One factor's part of a gain."""

    name: str
    label: str
    times: Estimate
    """What the headline is multiplied by on its account (Shapley value of the logarithm; the product over all
    factors is the whole gain)."""
    share: Estimate
    """Its share of the logarithm of the gain."""
    alone: float
    """What it multiplies the headline by when it is the first to change."""
    last: float
    """What it multiplies the headline by when it is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """The ratio of two arms' headlines, taken apart into factors."""

    start: str
    end: str
    ratio: Estimate
    headline: bool
    """Whether the ratio is of headlines (output per credited head over the norm) or, without norms, of outputs."""
    factors: tuple[FactorShare, ...]
    per_head: float
    """Output of the end arm over its heads, per shift."""
    combinations: int
    """How many combinations of factors were simulated."""
    notes: tuple[str, ...] = ()
    """Combinations in which the work comes to a stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """What one assumed value does to the results within its range."""

    at: str
    value: float
    range: tuple[float, float]
    why: str
    output: Mapping[str, tuple[float, float]]
    """Arm -> output per shift at the low and at the high end."""
    ratio: tuple[float, float] | None
    """The gain (see `Gain.ratio`) at the low and at the high end."""
    matters: float
    """Largest relative change of any arm's output or headline, or of the gain, within the range."""
    headline: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Arm -> headline at the low and at the high end, of arms that have a norm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """One recorded run, service by service and level by level: what pictures and tables are drawn from.

    All arrays of runs are (K,), in order of start.
    """

    slots: tuple[str, ...]
    """Workers, then runs of automatic tasks."""
    tasks: tuple[str, ...]
    buffers: tuple[str, ...]
    worker: NDArray[np.int64]
    """Index into `slots`."""
    task: NDArray[np.int64]
    unit: NDArray[np.int64]
    """Number of the unit worked on, counted from 0 in order of first start; -1 for support, which takes nothing that
    has an age."""
    start: NDArray[np.float64]
    """When the worker took it up (switching included)."""
    work: NDArray[np.float64]
    """When work itself began."""
    finish: NDArray[np.float64]
    """When the work was done (repairs included); the horizon where it was cut off."""
    leave: NDArray[np.float64]
    """When the units were put down, after blocking; the horizon where they were not."""
    waits: tuple[tuple[int, int, float, float], ...]
    """(slot, `Waits`, from, to) of every time not at work."""
    levels: Mapping[str, tuple[NDArray[np.float64], NDArray[np.int64]]]
    """Buffer -> times of change and the level from then on; starts at time 0."""
    age: NDArray[np.float64]
    """(units out,) age of each unit on reaching the output."""
    horizon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewCurve:
    """Output against crew size, where the crew is a number of people."""

    arm: str
    sizes: tuple[int, ...]
    output: tuple[Estimate, ...]
    per_head: tuple[Estimate, ...]
    notes: tuple[str, ...] = ()
    """Sizes at which the work comes to a stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStudy:
    """Everything that `pitprop simulate` found about a work scenario."""

    version: str
    scenario: str
    title: str
    description: str
    seed: int
    replications: int
    engine: str
    """compiled | python"""
    unit: str
    time: str
    norm: float | None
    arms: tuple[ArmResult, ...]
    differences: tuple[Difference, ...]
    """Every arm but the first against the first."""
    gain: Gain | None
    swings: tuple[Swing, ...]
    """The assumptions, the one that matters most first."""
    curves: tuple[CrewCurve, ...]
    records: Mapping[str, Records] = field(repr=False)
    """Arm -> its first replication, recorded."""
    notes: tuple[str, ...] = ()

    def __getitem__(self, arm: str) -> ArmResult:
        for result in self.arms:
            if result.name == arm:
                return result
        raise KeyError(arm)
