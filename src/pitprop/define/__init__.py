"""What the organisation says it measures, and why."""

from pitprop.define.metric import (
    Cost,
    Guardrail,
    Information,
    Metric,
    Outcome,
    Part,
    Person,
    PolicyChoices,
    Register,
    Source,
    Target,
    Waiver,
)
from pitprop.define.problem import Problem, RegisterError
from pitprop.define.read import read

__all__ = [
    "Cost",
    "Guardrail",
    "Information",
    "Metric",
    "Outcome",
    "Part",
    "Person",
    "PolicyChoices",
    "Problem",
    "Register",
    "RegisterError",
    "Source",
    "Target",
    "Waiver",
    "read",
]
