"""Which changes of a network's layers count, and what a network's change is in words."""

from __future__ import annotations

from dscalc.analysis.figures import COMPARED
from dscalc.analysis.versions import Change, Difference
from dscalc.render.sentences import percent


def costs(change: Change) -> bool:
    """Whether a layer is there no more, or not before, or costs more or less."""
    return change.status != "changed" or any(map(change.delta, COMPARED))


def sentence(difference: Difference) -> str:
    base, head = difference.base, difference.head
    if base is None:
        return "new"
    if head is None:
        return "removed"
    if not difference.changes:
        return "unchanged"
    parts = []
    for figure in COMPARED.values():
        was, now = getattr(base.totals, figure.key), getattr(head.totals, figure.key)
        share = f" ({percent(now - was, was)})" if was and now != was else ""
        parts.append(f"{now - was:+,} {figure.word}{share}")
    return ", ".join(parts)
