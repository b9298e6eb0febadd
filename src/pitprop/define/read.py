"""Reads a register, or says everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Collection

from pitprop.define.draft import Draft
from pitprop.define.metric import Register
from pitprop.define.place import Places
from pitprop.define.problem import RegisterError
from pitprop.define.references import misreferences
from pitprop.define.shape import fit


def read(
    path: str | os.PathLike[str],
    known_checks: Collection[str] | None = None,
    *,
    allow_outside: bool = False,
) -> Register:
    """The register that a YAML file declares, with the metrics of the files that it names.

    Nothing but these files is opened: not the data, not the network.

    Parameters
    ----------
    path : str or os.PathLike
        The register, such as `pitprop.yml`.
    known_checks : collection of str, optional
        Names of all checks; where given, `policy.effects` and `waivers` may name no others.
    allow_outside : bool
        Whether sources and metric files may lie outside the register's folder.

    Raises
    ------
    RegisterError
        With every problem of every file, each with its file, line and column.
    """
    draft = Draft(path, allow_outside=allow_outside)
    register, misfits = fit(Register, draft.data)
    already = {misfit.path for misfit in misfits}
    draft.note(m for m in misfits if draft.complete or m.path != ("metrics",))
    draft.note(m for m in misreferences(draft, known_checks) if m.path not in already)
    if draft.problems or register is None:
        raise RegisterError(draft.in_order())
    register._places = Places(by_path=draft.places)
    return register
