"""How work is organised: tasks, buffers, tools, people and their roles, and the arms that are compared.

Units of work flow through a network. A task takes from its `from` buffers, lasts a time, and puts into its `to`
buffers; one worker (or nobody, where `automatic`) is busy with it, and the tools that it needs are held. All times
of a file are in its `time` unit.
"""

from __future__ import annotations

from math import inf
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from pitprop.define.metric import Name, Number, Whole
from pitprop.define.place import Place, Places

TimeUnit = Literal["second", "minute", "hour", "day"]
PER_HOUR: dict[TimeUnit, float] = {"second": 3600.0, "minute": 60.0, "hour": 1.0, "day": 1 / 24}
"""How many of a time unit make an hour."""
Law = Literal["deterministic", "exponential", "gamma", "lognormal", "uniform", "empirical"]
Blocking = Literal["after", "before"]

Positive = Annotated[Number, Field(gt=0, le=1e9, allow_inf_nan=False)]
NotNegative = Annotated[Number, Field(ge=0, le=1e9, allow_inf_nan=False)]
Finite = Annotated[Number, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[Whole, Field(ge=1, le=1_000_000)]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True)


def _as_time(value: Any) -> Any:
    return {"mean": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_quantities(value: Any) -> Any:
    if isinstance(value, str):
        return {value: 1}
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return dict.fromkeys(value, 1)
    return value


def _as_ways(value: Any) -> Any:
    plain = _as_quantities(value)
    return [{"to": plain}] if isinstance(plain, dict) else plain


def _as_role(value: Any) -> Any:
    return {"tasks": value} if isinstance(value, list) else value


def _as_speed(value: Any) -> Any:
    return {"all": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class Time(_Said):
    """How long something lasts: a number, or a distribution."""

    law: Law | None = Field(default=None, alias="distribution")
    """Deterministic where neither this nor `cv` is given; gamma where only `cv` is."""
    mean: NotNegative | None = None
    cv: Annotated[Number, Field(ge=0, le=10)] | None = None
    """Standard deviation over mean."""
    low: NotNegative | None = None
    """Of a uniform distribution, instead of `mean` and `cv`."""
    high: NotNegative | None = None
    values: tuple[NotNegative, ...] | None = Field(default=None, min_length=1, max_length=10_000)
    """Of an empirical distribution: times that were observed, drawn with equal chances."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.values is not None:
            if self.law not in (None, "empirical") or self.mean is not None or self.low is not None:
                raise ValueError("with `values` needs nothing else: the times that were observed are the distribution")
            return self
        if self.law == "empirical":
            raise ValueError("is empirical and needs `values`, a list of times that were observed")
        if self.low is not None or self.high is not None:
            if self.low is None or self.high is None or self.mean is not None or self.cv is not None:
                raise ValueError("needs both `low` and `high`, and then neither `mean` nor `cv`")
            if self.law not in (None, "uniform"):
                raise ValueError("has `low` and `high`, which only a uniform distribution has")
            if self.low > self.high:
                raise ValueError(f"has a `low` of {self.low:g} above its `high` of {self.high:g}")
            return self
        if self.mean is None:
            raise ValueError("needs a `mean`")
        return self._shaped()

    def _shaped(self) -> Self:
        if self.law == "deterministic" and self.cv:
            raise ValueError("is deterministic and has a `cv`; leave one of them out")
        if self.law == "exponential" and self.cv not in (None, 1):
            raise ValueError("is exponential, so that its `cv` is 1; leave it out, or take gamma")
        if self.law in ("gamma", "lognormal", "uniform") and self.cv is None:
            raise ValueError(f"is {self.law} and needs a `cv`")
        if self.law == "uniform" and self.cv is not None and self.cv > 3**-0.5:
            raise ValueError("is uniform with a `cv` above 0.577, so that some times would be negative")
        return self

    @property
    def average(self) -> float:
        """The mean, however it was written."""
        if self.values is not None:
            return sum(self.values) / len(self.values)
        if self.low is not None and self.high is not None:
            return (self.low + self.high) / 2
        return self.mean or 0.0

    @property
    def spread(self) -> float:
        """The coefficient of variation; 0 where the mean is 0."""
        average = self.average
        if self.values is not None:
            square = sum((value - average) ** 2 for value in self.values) / len(self.values)
            return square**0.5 / average if average else 0.0
        if self.low is not None and self.high is not None:
            return (self.high - self.low) / 12**0.5 / average if average else 0.0
        return 1.0 if self.law == "exponential" else (self.cv or 0.0)

    @property
    def kind(self) -> Law:
        """The distribution, with what the file leaves open filled in."""
        if self.law is not None:
            return self.law
        if self.values is not None:
            return "empirical"
        if self.low is not None:
            return "uniform"
        return "gamma" if self.cv else "deterministic"


Timed = Annotated[Time, BeforeValidator(_as_time, json_schema_input_type=float | Time)]
Quantities = Annotated[
    dict[Name, Count],
    Field(max_length=16),
    BeforeValidator(_as_quantities, json_schema_input_type=str | list[str] | dict[str, int]),
]


class Buffer(_Said):
    """A place where units of work wait: a queue, carts, a stock of empty boxes, permits to go on."""

    limit: Annotated[Number, Field(ge=0)] = inf
    """Most units that it holds; `.inf`, the default, for no limit."""
    start: Annotated[Whole, Field(ge=0, le=1_000_000)] = 0
    """Units in it at the beginning."""
    debt: Flag = False
    """Whether what is left in it at the end is work that was put off, such as coal without props over it."""
    label: str = ""

    @model_validator(mode="after")
    def _holds(self) -> Self:
        if self.limit != inf and self.limit != int(self.limit):
            raise ValueError(f"has a `limit` of {self.limit:g}; units are whole")
        if 1e9 < self.limit < inf:
            raise ValueError(f"has a `limit` of {self.limit:g}; `.inf` is no limit, and a million much")
        if self.start > self.limit:
            raise ValueError(f"starts with {self.start} units and holds at most {self.limit:g}")
        return self


class Way(_Said):
    """One way in which a task can end, where there are several: next step, rework, loss."""

    share: Annotated[Number, Field(ge=0, le=1)] = 1.0
    """Its probability; those of one task add up to 1."""
    to: Quantities = {}
    """Nothing where the unit is lost."""


class Learning(_Said):
    """Wright's curve: the n-th unit takes n^log2(rate) of the time of the first."""

    rate: Annotated[Number, Field(gt=0, le=1)]
    """Time after each doubling of experience; .8 is the classical curve."""
    floor: Annotated[Number, Field(gt=0, le=1)] = 0.1
    """The least share of the first unit's time, however long the experience."""


class Task(_Said):
    """One step of the work."""

    time: Timed
    """At speed 1, under no conditions, without experience."""
    takes: Quantities = Field(default={}, alias="from")
    """Buffers from which one run takes, and how many units; nothing where supply never ends. The first carries the
    unit's age."""
    ways: Annotated[
        tuple[Way, ...], BeforeValidator(_as_ways, json_schema_input_type=str | list[str] | dict[str, int] | list[Way])
    ] = Field(default=(), alias="to", max_length=8)
    """Buffers into which one run puts, and how many units; several ways, each with a `share`, where chance decides."""
    tools: Quantities = {}
    """Tools that one run holds, from its start until its units are put down."""
    blocking: Blocking = "after"
    """Where there is no room: `after`, the work is done and then held until there is; `before`, it is not begun."""
    when_full: Literal["wait", "lost"] = "wait"
    """`lost`: units that find no room leave, as customers do."""
    automatic: Flag = False
    """Needs no worker: arrivals, a conveyor, ponies on their way back."""
    parallel: Annotated[Whole, Field(ge=1, le=64)] = 1
    """How many runs of an automatic task go on at once."""
    setup: NotNegative = 0.0
    """Time that a worker loses who comes to it from another task."""
    learning: Learning | None = None
    label: str = ""

    @model_validator(mode="after")
    def _ends(self) -> Self:
        total = sum(way.share for way in self.ways)
        if self.ways and abs(total - 1) > 1e-9:
            raise ValueError(f"has ways `to` go on whose shares add up to {total:g}; they must add up to 1")
        if self.automatic and (self.setup or self.learning):
            raise ValueError("is automatic: nobody comes to it or learns it; delete `setup` and `learning`")
        if self.parallel > 1 and not self.automatic:
            raise ValueError("has `parallel`, which only an `automatic` task has; workers are as many as the crew")
        if self.when_full == "lost" and self.blocking == "before":
            raise ValueError("loses what finds no room, so that nothing blocks it `before`; leave one of them out")
        return self


class Failing(_Said):
    """How a tool breaks and is repaired."""

    after: Timed
    """Time in use until it breaks."""
    repair: Timed


class Tool(_Said):
    """Something that work needs and that is shared."""

    count: Annotated[Whole, Field(ge=1, le=64)] = 1
    fails: Failing | None = None
    label: str = ""


class Pause(_Said):
    """A break: taken once the work in hand is done."""

    at: NotNegative
    """From the beginning of each shift."""
    length: Positive


class _Able(_Said):
    speed: Annotated[
        dict[Name, Positive], BeforeValidator(_as_speed, json_schema_input_type=float | dict[str, float])
    ] = {}
    """Times are divided by it: a number, or one for each task (`all` for those not named)."""
    follow: Flag | None = None
    """Takes one unit from start to finish: goes on with what is in hand instead of putting it down."""
    training: NotNegative | None = None
    """Time at the beginning that goes into training, not into work."""
    experience: dict[Name, NotNegative] | None = None
    """Units of each task done before, for `learning`."""
    fatigue: Annotated[Number, Field(ge=0, le=10)] | None = None
    """By how much of itself each time grows for every hour since the last rest."""
    breaks: tuple[Pause, ...] | None = Field(default=None, max_length=32)
    hours: tuple[NotNegative, NotNegative] | None = None
    """From when to when in each shift the worker is there; the whole shift by default."""

    @model_validator(mode="after")
    def _there(self) -> Self:
        if self.hours and self.hours[0] >= self.hours[1]:
            raise ValueError(f"has `hours` from {self.hours[0]:g} to {self.hours[1]:g}, which is no time at all")
        return self


class Role(_Able):
    """Which tasks a worker may do, the most urgent first."""

    tasks: tuple[Name, ...] = Field(min_length=1, max_length=64)


class Worker(_Able):
    """One person; what is said here stands above what the role says."""

    role: Name


class Crew(_Said):
    """Who works: named `workers`, or a number of people among whom roles are dealt."""

    size: Annotated[Whole, Field(ge=1, le=64)] | None = None
    """How many people; as many as there are roles, where not given. Fewer people than roles: each has several, in
    the order given. More: roles are dealt again."""
    roles: tuple[Name, ...] | None = Field(default=None, min_length=1, max_length=64)
    workers: dict[Name, Worker] | None = Field(default=None, min_length=1, max_length=64)
    rule: Literal["roles", "bucket_brigade"] = "roles"
    """`bucket_brigade`: people stand along the line from the slowest to the fastest; whoever is last finishes a unit
    walks back and takes over the work of the one before, who takes over in turn."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.workers is None) == (self.roles is None):
            raise ValueError("has either `workers`, each by name, or `roles` and their `size`")
        if self.workers is not None and self.size is not None:
            raise ValueError("names its `workers`, so that `size` says nothing; leave it out")
        return self


class Condition(_Said):
    """Something about the place or the day that makes tasks take longer, or less long."""

    times: dict[Name, Positive] = Field(min_length=1)
    """By task (`all` for every one), what the task's time is multiplied by."""
    on: Flag = True
    label: str = ""


class Shift(_Said):
    """How long is worked, and how often."""

    length: Positive
    count: Annotated[Whole, Field(ge=1, le=10_000)] = 1
    every: Positive | None = None
    """From the start of one shift to that of the next; shifts follow each other at once where not given."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.every is not None and self.every < self.length:
            raise ValueError(f"comes `every` {self.every:g} and lasts {self.length:g}; a shift ends before the next")
        return self

    @property
    def period(self) -> float:
        """Time from the start of one shift to that of the next."""
        return self.length if self.every is None else self.every


class Work(_Said):
    """One way of organising the work, whole: what an arm is once everything has been put together."""

    time: TimeUnit = "minute"
    unit: str = "units"
    """What is counted at the output."""
    output: Name
    """The buffer at the end."""
    size: Positive = 1.0
    """How many of `unit` one thing in the output buffer is."""
    shift: Shift
    warm_up: NotNegative | Literal["auto"] = 0.0
    """Time at the beginning that is not counted; `auto` finds it (for work that never ends, not for shifts)."""
    norm: Positive | None = None
    """Output per credited head and shift that is held to be normal; the headline is a multiple of it."""
    credited: Positive | Literal["crew"] = "crew"
    """To how many heads the output is credited in the headline."""
    buffers: dict[Name, Buffer] = Field(min_length=1, max_length=64)
    tasks: dict[Name, Task] = Field(min_length=1, max_length=64)
    tools: dict[Name, Tool] = Field(default={}, max_length=64)
    roles: dict[Name, Annotated[Role, BeforeValidator(_as_role, json_schema_input_type=list[str] | Role)]] = Field(
        default={}, max_length=64
    )
    crew: Crew | None = None
    """Nobody where all tasks are automatic."""
    conditions: dict[Name, Condition] = Field(default={}, max_length=64)


class Assumption(_Said):
    """A value that nobody measured, and how far it may be off."""

    at: str
    """Where it stands in the file: `tasks.prop.time.mean`."""
    range: tuple[Finite, Finite]
    why: str = ""
    """Where the value comes from, or what would settle it."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.range[0] >= self.range[1]:
            raise ValueError(f"has a `range` from {self.range[0]:g} to {self.range[1]:g}; the lower end comes first")
        return self


class Split(_Said):
    """Two arms between which the gain is taken apart."""

    start: Name = Field(alias="from")
    end: Name = Field(alias="to")


class Arm(_Said):
    """One of the ways that are compared."""

    name: str
    label: str
    factors: tuple[str, ...]
    """The file's factors that it has, in the file's order."""
    work: Work


class WorkScenario(_Said):
    """A file of `kind: work`, read: its arms, each put together whole."""

    name: str
    """Of the file, without its ending."""
    title: str = ""
    description: str = ""
    seed: Annotated[Whole, Field(ge=0)] = 0
    replications: Annotated[Whole, Field(ge=1, le=1_000_000)] = 400
    arms: tuple[Arm, ...]
    factor_labels: dict[str, str] = {}
    assumed: tuple[Assumption, ...] = ()
    split: Split | None = None
    document: dict[str, Any] = Field(default={}, repr=False)
    """The file as plain data, from which arms with other factors or other values are put together."""
    _places: Places = PrivateAttr(default_factory=Places)

    def arm(self, name: str) -> Arm:
        """The arm of that name.

        Raises
        ------
        KeyError
            There is none.
        """
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise KeyError(name)

    def where(self, *path: str | int) -> Place | None:
        """Where in the file something stands."""
        return self._places.nearest(path)
