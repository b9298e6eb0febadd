"""What an organisation says about one number that people are judged by.

These are plain declarations: no data, no arithmetic. Field names follow dbt where dbt has the thing.
"""

from __future__ import annotations

import re
from datetime import date
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from pitprop.define.place import Place, Places

Aggregation = Literal["sum", "average", "count", "count_distinct", "min", "max", "median", "share"]
Granularity = Literal["day", "week", "month", "quarter", "year"]
PERIODS_PER_YEAR: dict[Granularity, int] = {"day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}
Direction = Literal["increase", "decrease", "neutral"]
Operator = Literal["gte", "gt", "lte", "lt"]
Status = Literal["proposed", "draft", "active", "deprecated", "retired"]
Stakes = Literal["none", "publicity", "career", "bonus", "pay", "budget", "penalty", "ranking", "regulation"]

Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$",
        max_length=128,
        description="Lower case letters, digits and single underscores; starts with a letter (dbt's rule)",
    ),
]
Sql = Annotated[str, Field(min_length=1, max_length=4000, description="One SQL expression, one value per row")]
Number = Annotated[float, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return isfinite(value)
    except OverflowError:
        return False


def _constant(value: Any) -> Any:
    return str(value) if _is_number(value) else value


Value = Annotated[
    str,
    BeforeValidator(_constant, json_schema_input_type=str | float),
    Field(min_length=1, max_length=4000, description="One SQL expression, one value per row; 1 counts rows"),
]


def _range(value: Any) -> Any:
    pair = (value, value) if _is_number(value) else value
    if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(_is_number(end) for end in pair):
        raise ValueError("must be a number, or [low, high] where only a range is known")
    if pair[0] > pair[1]:
        raise ValueError(f"is a range [low, high] with {pair[0]} above {pair[1]}")
    return tuple(pair)


def _amount(value: Any) -> Any:
    pair = _range(value)
    if pair[0] < 0:
        raise ValueError("must not be negative")
    return pair


def _share(value: Any) -> Any:
    pair = _amount(value)
    if pair[1] > 1:
        raise ValueError("is a probability: it lies between 0 and 1")
    return pair


_NUMBER_OR_PAIR = float | tuple[float, float]
_RANGE_FIELD = Field(description="A number, or [low, high] where only a range is known")
Range = Annotated[tuple[float, float], BeforeValidator(_range, json_schema_input_type=_NUMBER_OR_PAIR), _RANGE_FIELD]
Amount = Annotated[tuple[float, float], BeforeValidator(_amount, json_schema_input_type=_NUMBER_OR_PAIR), _RANGE_FIELD]
Probability = Annotated[
    tuple[float, float], BeforeValidator(_share, json_schema_input_type=_NUMBER_OR_PAIR), _RANGE_FIELD
]


def _day(value: Any) -> Any:
    if type(value) is date or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)):
        return value
    raise ValueError("must be a date, written as 2027-06-30")


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]


def _level(value: Any) -> Any:
    if _is_number(value):
        return float(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a number, or an SQL expression over the row such as a quota column")
    if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", value.strip(), flags=re.ASCII):
        return _level(float(value))
    return value


def _margin(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?\s*%", value.strip(), flags=re.ASCII):
            raise ValueError("must be a number in the guardrail's unit, or a percentage such as 5%")
    elif not _is_number(value):
        raise ValueError("must be a number in the guardrail's unit, or a percentage such as 5%")
    elif value < 0:
        raise ValueError("must not be negative")
    return value


class Declaration(BaseModel):
    """Anything written in the register: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)


class Target(Declaration):
    """A value that has to be reached: a target, quota or norm."""

    op: Operator
    """Which side meets the target: gte, gt (at least, above), lte, lt (at most, below)."""
    value: Annotated[float | Sql, BeforeValidator(_level, json_schema_input_type=float | Sql)]
    """A number in the metric's unit, or an SQL expression over the row (a quota column; NULL: no target)."""
    on: Literal["row", "entity_period"] = "entity_period"
    """What is judged: each row, or each entity in each period."""
    since: Day | None = None
    """First day on which the target was in force."""
    until: Day | None = None
    """First day on which it was no longer in force."""
    stakes: Stakes = "none"
    """What hangs on it."""

    @model_validator(mode="after")
    def _in_order(self) -> Target:
        if self.since and self.until and self.since >= self.until:
            raise ValueError(f"`until` ({self.until}) must be later than `since` ({self.since})")
        return self

    @property
    def fixed(self) -> float | None:
        """The value where it is one number for all rows, else None."""
        return float(self.value) if isinstance(self.value, int | float) else None


class Outcome(Declaration):
    """Real success: another metric of the register, possibly later."""

    metric: Name
    lag: Whole = Field(default=0, ge=0, le=400)
    """How many reporting periods later the outcome shows."""


class Guardrail(Declaration):
    """Another metric that must not get worse while this one gets better."""

    metric: Name
    margin: Annotated[str | float, BeforeValidator(_margin, json_schema_input_type=str | float)]
    """Largest worsening that can be accepted: `5%` of its former level, or a number in its own unit."""

    @property
    def relative(self) -> bool:
        """Whether the margin is a share of the guardrail's former level."""
        return isinstance(self.margin, str)

    @property
    def amount(self) -> float:
        """The margin: a fraction of the former level if `relative`, else in the guardrail's unit."""
        if isinstance(self.margin, str):
            return float(self.margin.strip().rstrip("%")) / 100
        return float(self.margin)


class Cost(Declaration):
    """What measuring costs in each reporting period."""

    hours_per_period: Amount = (0.0, 0.0)
    """People's time spent on collecting, reporting and discussing the number, hours."""
    hourly_rate: Amount = (0.0, 0.0)
    """Cost of one hour, in `currency`."""
    amount: Amount = (0.0, 0.0)
    """Other cost per reporting period, in `currency`."""
    currency: str = Field(default="EUR", min_length=1, max_length=8)


class Information(Declaration):
    """What a better decision is worth; without it the value of information is not assessable."""

    benefit_per_unit: Range
    """Gain of acting, per unit of the metric above `break_even`, per decision, in the cost's currency."""
    break_even: Number
    """Level of the metric at which acting and not acting come to the same."""
    used: Probability = (1.0, 1.0)
    """Probability that a decision really uses the number."""
    gaming_loss: Amount = (0.0, 0.0)
    """Loss a year from distortion that the number invites, in the cost's currency."""


class Revisions(Declaration):
    """That the same number is reported more than once: which rows belong to which version."""

    loaded: Sql
    """When a row was loaded or written: a date, a timestamp, or an expression."""
    mode: Literal["append", "snapshot"] = "append"
    """append: later rows add to the number (entries and their corrections); snapshot: each load repeats all rows
    of an entity and period, and the last one counts."""
    due: Whole = Field(default=0, ge=0, le=400)
    """Days after the end of the reporting period by which the number is due; rows loaded later are late."""


class Event(Declaration):
    """Something that is known to have happened to the number or to the work."""

    date: Day
    """First day on which it held."""
    kind: Literal["definition", "work"]
    """definition: the number was defined or measured differently; work: the work itself really changed."""
    direction: Literal["better", "worse"] | None = None
    """For `work`: whether the work got better or worse, where it is known."""
    note: str = ""


class Person(Declaration):
    """Who answers for the number."""

    name: str = Field(min_length=1, max_length=200)
    email: str | None = Field(default=None, max_length=320)


class Risk(Declaration):
    """A way in which the number could be reached without doing the work."""

    kind: str = Field(min_length=1, max_length=100)
    note: str = ""


class Waiver(Declaration):
    """A finding that has been looked at and accepted until a date."""

    check: str = Field(min_length=1, max_length=100)
    reason: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    expires: Day


class Part(Declaration):
    """Numerator or denominator of a ratio."""

    agg: Literal["sum", "count"] = "sum"
    expr: Value = "1"


class Config(Declaration):
    """dbt's `config`; `meta.pitprop` may hold what stands beside it here."""

    tags: tuple[str, ...] = ()
    meta: dict[str, Any] = Field(default_factory=dict)


class Metric(Declaration):
    """One number that people are judged by."""

    name: Name
    label: str = ""
    description: str = ""
    type: Literal["simple", "ratio"]
    source: str
    """Name of one of the register's sources."""
    agg: Aggregation | None = None
    expr: Value | None = None
    numerator: Part | None = None
    denominator: Part | None = None
    filter: Sql | None = None
    """Rows for which this is not true are left out (and counted)."""
    entity: Sql | None = None
    """Who is judged: a column or an expression."""
    agg_time_dimension: Sql | None = None
    """When: a date, a timestamp, or a year where the granularity is year."""
    time_granularity: Granularity = "month"
    """The reporting period."""
    unit: str = ""
    config: Config = Config()
    status: Status = "active"
    owner: Person | None = None
    purpose: str = ""
    """What the work is for, which this number stands for."""
    decision: str = ""
    """The decision that it informs."""
    decisions_per_year: Number | None = Field(default=None, ge=0)
    not_for: tuple[str, ...] = ()
    """Uses that are ruled out, such as ranking or individual_pay."""
    improvement_direction: Direction
    targets: tuple[Target, ...] = ()
    outcome: Outcome | None = None
    guardrails: tuple[Guardrail, ...] = ()
    competing: tuple[Name, ...] = ()
    """Other metrics of the register: work that competes for the same hours and is not rewarded."""
    serves: tuple[Name, ...] = ()
    """Which of the register's `purposes` it stands for."""
    case_mix: Sql | None = None
    """Risk group of a row (severity, product, route): differences between groups are no merit of who is judged."""
    exclusion: Sql | None = None
    """Rows for which this is true were taken out of the number (exceptions, exemptions): left out, and watched."""
    revisions: Revisions | None = None
    events: tuple[Event, ...] = ()
    """What is known to have changed in the definition or in the work, and when."""
    cost: Cost | None = None
    information: Information | None = None
    resolution: Number | None = Field(default=None, gt=0)
    """The instrument's honest resolution, in the metric's unit."""
    alternatives: tuple[str, ...] = ()
    """Innocent explanations that the owner declares: rationed, payday, term_dates, billing_cycle ..."""
    review_by: Day | None = None
    known_risks: tuple[Risk, ...] = ()
    waivers: tuple[Waiver, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Metric:
        if self.type == "ratio":
            if self.numerator is None or self.denominator is None:
                raise ValueError("a ratio needs `numerator` and `denominator`, each with `agg` and `expr`")
            if self.agg is not None or self.expr is not None:
                raise ValueError("a ratio has no `agg` or `expr` of its own; they belong in its two parts")
        else:
            if self.agg is None or (self.expr is None and self.agg != "count"):
                raise ValueError("a simple metric needs `agg` and `expr`")
            if self.numerator is not None or self.denominator is not None:
                raise ValueError("`numerator` and `denominator` belong to `type: ratio`")
        if self.agg == "share" and not any(t.on == "row" for t in self.targets):
            raise ValueError("`agg: share` is the share of rows that meet the target: it needs a target `on: row`")
        return self

    @property
    def title(self) -> str:
        """What to call it in words: the label, or the name where there is none."""
        return self.label or self.name

    def cost_per_year(self) -> tuple[float, float] | None:
        """Declared cost of measuring, a year: (low, high), in the cost's currency; None where not declared.

        (hours x rate + amount) in each reporting period.
        """
        if self.cost is None:
            return None
        hours, rate, amount = self.cost.hours_per_period, self.cost.hourly_rate, self.cost.amount
        periods = PERIODS_PER_YEAR[self.time_granularity]
        return (
            periods * (hours[0] * rate[0] + amount[0]),
            periods * (hours[1] * rate[1] + amount[1]),
        )


class Source(Declaration):
    """Where rows come from: a file beside the register, or a table of a named connection."""

    path: str | None = Field(default=None, min_length=1, max_length=1000)
    """csv, csv.gz, parquet, xlsx or duckdb file, relative to the register."""
    table: str | None = None
    """Table of a connection or of a DuckDB file; worksheet of an xlsx file."""
    connection: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=64)
    """Name NAME of a connection whose URL is in the environment as PITPROP_NAME_URL."""

    @model_validator(mode="after")
    def _one_place(self) -> Source:
        if (self.path is None) == (self.connection is None):
            raise ValueError("a source has either `path`, or `connection` with `table`")
        if self.connection is not None and self.table is None:
            raise ValueError("a source with a `connection` names its `table`")
        return self


class Purpose(Declaration):
    """Something that the organisation's work is for."""

    name: Name
    description: str = ""
    weight: Number = Field(default=1.0, gt=0)
    """How much it matters beside the others."""


class PolicyChoices(Declaration):
    """What the organisation sets itself; everything else keeps the documented defaults."""

    fdr: Number = Field(default=0.10, gt=0, le=0.5)
    """False discovery rate over the register."""
    minimum_group: Whole = Field(default=10, ge=1)
    """Smallest number of rows behind anything that is shown about one entity."""
    effects: dict[str, Number] = Field(default_factory=dict)
    """Smallest effect that matters, by check."""


class Register(Declaration):
    """Everything that an organisation declares about the numbers it is judged by."""

    version: Literal[1]
    sources: dict[str, Source] = Field(min_length=1)
    metrics: tuple[Metric, ...] = Field(min_length=1)
    purposes: tuple[Purpose, ...] = ()
    """What the work is for; `serves` says which metric stands for which of them."""
    policy: PolicyChoices = PolicyChoices()
    _places: Places = PrivateAttr(default_factory=Places)

    def metric(self, name: str) -> Metric:
        """The metric of that name; KeyError where there is none."""
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(name)

    def where(self, *path: str | int) -> Place | None:
        """Where something was written; None in a register that was not read from a file.

        Parameters
        ----------
        *path : str or int
            Keys and positions from the top of the register, such as `"metrics", 2, "agg"`. A metric may be
            given by its name instead of its position. What has no place of its own has that of what it is in.
        """
        steps = list(path)
        if len(steps) > 1 and steps[0] == "metrics" and isinstance(steps[1], str):
            names = [metric.name for metric in self.metrics]
            if steps[1] not in names:
                return None
            steps[1] = names.index(steps[1])
        return self._places.nearest(tuple(steps))
