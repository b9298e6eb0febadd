"""Whether work can flow: what can be told from one way of working without running it."""

from __future__ import annotations

from collections.abc import Iterator

from pitprop.define.shape import Misfit
from pitprop.define.work import Work


def misflows(work: Work) -> Iterator[Misfit]:
    """Everything in a way of working that would stop it, or never let it stop."""
    yield from ()
