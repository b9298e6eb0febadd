"""Seeds from names: draw i of something is the same whatever else is drawn, and by however many workers."""

from __future__ import annotations

import hashlib

import numpy as np


def generator(name: str, i: int) -> np.random.Generator:
    """The generator of draw i of what has this name."""
    entropy = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(i,)))
