"""A metric with everything declared, for specimens to vary."""

from __future__ import annotations

from datetime import date
from typing import Any

from pitprop.define.metric import Guardrail, Metric, Outcome, Person, Target


def declared(**changes: Any) -> Metric:
    """Tonnes per shift, completely declared, with these fields changed."""
    complete: dict[str, Any] = {
        "name": "tonnes_per_shift",
        "label": "Tonnes per shift",
        "type": "simple",
        "source": "shifts",
        "agg": "sum",
        "expr": "tonnes",
        "entity": "crew",
        "agg_time_dimension": "shift_date",
        "unit": "t",
        "owner": Person(name="Mine office"),
        "purpose": "Coal for the power stations, year after year",
        "decision": "How many crews to post next month",
        "improvement_direction": "increase",
        "targets": (Target(op="gte", value=7.0, stakes="bonus"),),
        "outcome": Outcome(metric="coal_delivered"),
        "guardrails": (Guardrail(metric="injury_rate", margin="5%"),),
        "review_by": date(2030, 1, 1),
    }
    return Metric(**{**complete, **changes})
