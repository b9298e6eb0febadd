"""What the organisation says it measures, and why."""

from pitprop.define.metric import (
    Cost,
    Event,
    Guardrail,
    Information,
    Metric,
    Outcome,
    Part,
    Person,
    PolicyChoices,
    Purpose,
    Register,
    Revisions,
    Source,
    Target,
    Waiver,
)
from pitprop.define.problem import Problem, RegisterError
from pitprop.define.read import read

__all__ = [
    "Cost",
    "Event",
    "Guardrail",
    "Information",
    "Metric",
    "Outcome",
    "Part",
    "Person",
    "PolicyChoices",
    "Problem",
    "Purpose",
    "Register",
    "RegisterError",
    "Revisions",
    "Source",
    "Target",
    "Waiver",
    "read",
]
