"""Tables become a few small sufficient statistics; queries run in the engine."""

from pitprop.digest.columns import columns
from pitprop.digest.distribution import Distribution
from pitprop.digest.fingerprint import fingerprint
from pitprop.digest.panel import Measure, Panel
from pitprop.digest.problem import GrainError, SourceError
from pitprop.digest.profile import Profile
from pitprop.digest.rows import Rows
from pitprop.digest.scorecard import Peer, Scorecard
from pitprop.digest.source import Source
from pitprop.digest.source import open_source as open  # noqa: A004
from pitprop.digest.strata import Strata
from pitprop.digest.versions import Versions

__all__ = [
    "Distribution",
    "GrainError",
    "Measure",
    "Panel",
    "Peer",
    "Profile",
    "Rows",
    "Scorecard",
    "Source",
    "SourceError",
    "Strata",
    "Versions",
    "columns",
    "fingerprint",
    "open",
]
