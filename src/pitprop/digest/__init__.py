"""Tables become a few small sufficient statistics; queries run in the engine."""

from pitprop.digest.columns import columns
from pitprop.digest.distribution import Distribution
from pitprop.digest.fingerprint import fingerprint
from pitprop.digest.panel import Measure, Panel
from pitprop.digest.problem import GrainError, SourceError
from pitprop.digest.profile import Profile
from pitprop.digest.rows import Rows
from pitprop.digest.source import Source
from pitprop.digest.source import open_source as open  # noqa: A004

__all__ = [
    "Distribution",
    "GrainError",
    "Measure",
    "Panel",
    "Profile",
    "Rows",
    "Source",
    "SourceError",
    "columns",
    "fingerprint",
    "open",
]
