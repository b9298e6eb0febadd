"""pitprop keeps metrics honest: keep, challenge, discard or undecided, with evidence.

>>> import pitprop
>>> audit = pitprop.audit("pitprop.yml")
>>> audit["tonnes_per_shift"].ruling

`pitprop.api` has a function for every command. Those here are the ones whose names are not those of a stage:
`pitprop.simulate` is the package of simulations, and `pitprop.api.simulate` the function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pitprop.api import audit, checks, diff, explain, init, lint, schema
    from pitprop.errors import PitpropError

__all__ = ["PitpropError", "__version__", "audit", "checks", "diff", "explain", "init", "lint", "schema"]


def __getattr__(name: str) -> Any:
    """Load on first use, so that `import pitprop` and `pitprop --help` stay quick."""
    if name == "PitpropError":
        from pitprop.errors import PitpropError

        return PitpropError
    if name in __all__:
        from pitprop import api

        return getattr(api, name)
    raise AttributeError(f"module 'pitprop' has no attribute {name!r}")
