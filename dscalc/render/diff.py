"""The answer of `dscalc diff`: what changed in networks, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dscalc.analysis.figures import COMPARED
from dscalc.analysis.versions import Change, Difference, Version
from dscalc.render.changes import costs, sentence
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Fact, Grid, Page
from dscalc.render.json import document

if TYPE_CHECKING:
    from dscalc.render.scene import Scene

MOST_NAMED = 5  # layers of other shapes alone

COLUMNS = (
    Column("status", "Change", "status"),
    Column("name", "Layer", "name"),
    Column("params_base", "Params were", "count", drop=2),
    Column("params", "Params", "count", drop=3),
    Column("params_delta", "Params by", "change"),
    Column("mult_adds_base", "Mult-adds were", "count", drop=1),
    Column("mult_adds", "Mult-adds", "count", drop=4),
    Column("mult_adds_delta", "Mult-adds by", "change"),
)
"""What is said of each layer that changed."""


def diff_answer(differences: Sequence[Difference]) -> Answer:
    """Networks in two versions."""
    return Answer(
        lambda: diff_document(differences),
        lambda: diff_grids(differences),
        lambda: diff_rows(differences),
        lambda: diff_comment(differences),
        page=lambda: diff_page(differences),
    )


def diff_page(differences: Sequence[Difference]) -> Page:
    """What changed in all of them together."""

    def scene() -> Scene:
        from dscalc.render.plot_diff import diff_scene

        return diff_scene(differences)

    changed = [one for one in differences if one.changes or one.base is None or one.head is None]
    by = {
        figure.word: sum(
            (_total(one.head, key) or 0) - (_total(one.base, key) or 0) for one in differences
        )
        for key, figure in COMPARED.items()
    }
    several = f"{len(changed):,} of {len(differences):,} networks changed"
    return Page(
        [Fact(f"{change:+,}", word) for word, change in by.items()],
        several if len(differences) > 1 else "",
        scene if any(costs(change) for one in differences for change in one.changes) else None,
    )


def diff_document(differences: Sequence[Difference]) -> dict[str, Any]:
    """`dscalc diff --format json`."""

    def totals(version: Version | None) -> dict[str, int] | None:
        return None if version is None else version.totals._asdict()

    def layer(change: Change) -> dict[str, Any]:
        base, head = (
            {"params": None, "mult_adds": None} if side is None else side.totals._asdict()
            for side in (change.base, change.head)
        )
        figures = {m: {"base": base[m], "head": head[m]} for m in ("params", "mult_adds")}
        return {"name": change.name, "status": change.status, **figures}

    networks = [
        {
            "network": difference.network,
            "base": totals(difference.base),
            "head": totals(difference.head),
            "layers": [layer(change) for change in difference.changes],
        }
        for difference in differences
    ]
    return document("diff", networks=networks)


def diff_grids(differences: Sequence[Difference]) -> list[Grid]:
    """Every network with the layers that differ, and what each contributed."""
    return [_diff_grid(difference) for difference in differences]


def diff_rows(differences: Sequence[Difference]) -> Grid:
    """A row for each layer that changed, with the name of its network."""
    rows: list[list[Cell]] = [
        [difference.network, *_change_cells(change)]
        for difference in differences
        for change in difference.changes
    ]
    return Grid((Column("network", "Network", "name"), *COLUMNS), rows)


def _diff_grid(difference: Difference) -> Grid:
    costly = [change for change in difference.changes if costs(change)]
    rows = [_change_cells(change) for change in costly]
    base, head = difference.base, difference.head
    total: list[Cell] = ["total", ""]
    for key in COMPARED:
        was, now = _total(base, key), _total(head, key)
        total += [was, now, (now or 0) - (was or 0)]
    title = f"{difference.network}: {sentence(difference)}"
    shapes = [change.name for change in difference.changes if not costs(change)]
    notes = [_shapes_note(shapes)] if shapes else []
    return Grid(COLUMNS if rows else (), rows, title, [total] if rows else [], notes)


def _shapes_note(names: Sequence[str]) -> str:
    """The layers of other shapes, which cost what they did."""
    told = ", ".join(names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"Of another shape at the same cost: {told}{more}."


def _change_cells(change: Change) -> list[Cell]:
    cells: list[Cell] = [change.status, change.name]
    for key in COMPARED:
        was, now = (
            None if layer is None else getattr(layer.totals, key)
            for layer in (change.base, change.head)
        )
        cells += [was, now, change.delta(key)]
    return cells


def _total(version: Version | None, key: str) -> int | None:
    return None if version is None else int(getattr(version.totals, key))


def diff_comment(differences: Sequence[Difference]) -> str:
    """The changes as Markdown; networks without any are folded away."""
    from dscalc.render.markdown import as_comment

    changed = [d for d in differences if d.changes or d.base is None or d.head is None]
    same = [d for d in differences if d not in changed]
    sentence = f"{len(changed)} of {len(differences)} networks changed."
    return as_comment("", sentence, diff_grids(changed), "Unchanged", diff_grids(same))
