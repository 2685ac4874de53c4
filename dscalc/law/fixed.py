"""Where a multiplier is refused: layers with a cost behind one that no law covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dscalc.errors import DscalcError, Problem
from dscalc.law.layer import Shape
from dscalc.law.rows import Row
from dscalc.law.stored import Opaque


def check_scalable(rows: Sequence[Row], inputs: Mapping[str, Shape], of_sides: bool) -> None:
    """Raises DscalcError, with both names, where a cost follows from an opaque layer's numbers.

    These are numbers and stay, whatever comes in: at another α where what comes in has been
    computed by a layer with a cost, and `of_sides`, at another ρ, always.
    """
    if not any(map(_has_opaque, rows)):
        return
    changed = set(inputs) if of_sides else set[str]()  # maps that a multiplier changes
    behind: dict[str, str] = {}  # maps, and the opaque layer that they come of
    for row in rows:
        known = [name for one in row.inputs for name in (one, one.split(".")[0])]
        origin = next((behind[name] for name in known if name in behind), "")
        opaque = _opaque(row)
        moved = any(name in changed for name in known)
        if any(row.cost) and (origin or (opaque and moved)):
            raise DscalcError(_problem(row, origin or opaque))
        if moved or any(row.cost):
            changed.add(row.name)
        if origin or (opaque and moved):
            behind[row.name] = origin or opaque


def _has_opaque(row: Row) -> bool:
    """Whether a row is of an opaque layer, or has one among its parts."""
    return any(map(_has_opaque, row.parts)) if row.parts else isinstance(row.layer, Opaque)


def _opaque(row: Row) -> str:
    """The opaque layer that a row is, or has among its parts."""
    return next((one.name for one in row.expanded() if isinstance(one.layer, Opaque)), "")


def _problem(row: Row, opaque: str) -> Problem:
    place = row.places[""] if row.places else None
    if opaque == row.name:
        message = "an opaque layer with a cost of its own, which no law gives at another α or ρ"
    else:
        message = f"costs what the opaque layer '{opaque}' makes of it, at this α and ρ alone"
    return Problem(message, layer=row.name, place=place)
