"""Definition hash: whether the number, or what it is judged by, is still the same."""

from __future__ import annotations

import hashlib
import json

from pitprop.define.metric import Metric

PROSE = frozenset(
    {
        *("name", "label", "description", "config", "purpose", "decision"),
        *("owner", "status", "review_by", "known_risks", "waivers", "serves", "events"),
    }
)
"""Fields that change neither the number nor what it is judged by."""


def definition_hash(metric: Metric) -> str:
    """SHA-256 of the metric's definition as canonical JSON, hexadecimal.

    It changes with what is counted, how, for whom and when, and with targets, outcome, guardrails, cost and
    information; not with words about it. Fields at their defaults are left out, so that a later version with
    more fields gives the same hash.
    """
    told = metric.model_dump(mode="json", exclude=set(PROSE), exclude_defaults=True)
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
