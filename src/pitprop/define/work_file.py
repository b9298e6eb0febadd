"""What stands at the top of a file of `kind: work`, beside the base arm."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pitprop.define.metric import Name, Whole
from pitprop.define.work import Assumption, Split

MAX_ARMS = 64
MAX_FACTORS = 32


class _Entry(BaseModel):
    """Has the keys of `Work` too, in part or whole; those are looked at once arms have been put together."""

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)


class FactorPatch(_Entry):
    """A change that can be switched on: what differs from the base. Mappings merge; numbers, words and lists replace;
    `null` takes a key away."""

    label: str = ""


class ArmPatch(_Entry):
    """One of the ways that are compared: the base with some factors, and what else differs."""

    factors: tuple[str, ...] = Field(default=(), alias="with", max_length=MAX_FACTORS)
    """Factors that are switched on; they are merged in the file's order."""
    label: str = ""


class WorkFile(_Entry):
    """A file of `kind: work`."""

    kind: Literal["work"]
    version: Literal[1]
    title: str = Field(default="", max_length=500)
    description: str = Field(default="", max_length=20_000)
    seed: Annotated[Whole, Field(ge=0, le=2**63 - 1)] = 0
    """Of the random numbers: the same seed gives the same results."""
    replications: Annotated[Whole, Field(ge=1, le=1_000_000)] = 400
    """How many times each arm is run."""
    factors: dict[Name, FactorPatch] = Field(default={}, max_length=MAX_FACTORS)
    """Named changes, from which arms are put together and into which the gain is taken apart."""
    arms: dict[Name, ArmPatch] = Field(default={}, max_length=MAX_ARMS)
    """The ways that are compared; the base alone where none are given."""
    split: Split | None = None
    """Between which two arms the gain is taken apart."""
    assumed: tuple[Assumption, ...] = Field(default=(), max_length=64)
    """Values that nobody measured, with the range in which they may lie."""
