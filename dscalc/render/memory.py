"""The answer of `dscalc memory`: where every tensor stands, from when to when, and the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dscalc.analysis.planned import MemoryMap, Region
from dscalc.analysis.terms import MEMORY_RULES, Terms
from dscalc.law.network import Report
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Fact, Grid, Page
from dscalc.render.json import document
from dscalc.render.words import arena_notes, network_title, size_note

if TYPE_CHECKING:
    from dscalc.render.scene import Scene

MARKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
"""What the picture in letters calls tensors, in turn."""
FREE = "."
WIDEST, HIGHEST = 64, 16  # characters of the picture


def memory_answer(report: Report, found: MemoryMap, terms: Terms) -> Answer:
    """The map of a network's memory."""
    return Answer(
        lambda: memory_document(report, found, terms),
        lambda: memory_grids(report, found, terms),
        page=lambda: memory_page(report, found),
    )


def memory_page(report: Report, found: MemoryMap) -> Page:
    """The peak and where it is, and the map as a picture."""

    def scene() -> Scene:
        from dscalc.render.plot_memory import memory_scene

        return memory_scene(report, found)

    facts = [Fact(f"{found.peak:,}", MEMORY_RULES[found.rule]), Fact(found.layer, "the peak")]
    return Page(facts, scene=scene)


def memory_document(report: Report, found: MemoryMap, terms: Terms) -> dict[str, Any]:
    """`dscalc memory --format json`."""
    network = report.network
    return document(
        "memory",
        network=network.name,
        file=network.file,
        alpha=network.alpha,
        rho=network.rho,
        depth=network.depth,
        dtype=found.dtype,
        rule=found.rule,
        peak_bytes=found.peak,
        peak_layer=found.layer,
        holders=[{"layer": name, "bytes": size} for name, size in found.holders()],
        end=found.end,
        tail_bytes=found.tail,
        layers=list(found.layers),
        alive=list(found.alive),
        tensors=[_tensor(region, found) for region in found.regions],
        notes=arena_notes(report, terms),
    )


def _tensor(region: Region, found: MemoryMap) -> dict[str, Any]:
    buffer = region.placed.buffer
    return {
        "name": buffer.name,
        "scratch": region.scratch,
        "offset": region.placed.offset,
        "size": region.placed.size,
        "first": buffer.first,
        "last": buffer.last,
        "first_layer": found.layers[buffer.first],
        "last_layer": found.layers[buffer.last],
        "over": region.over or None,
    }


def memory_grids(report: Report, found: MemoryMap, terms: Terms) -> list[Grid]:
    """Every tensor with its place, then offset against time as a picture."""
    shared = any(region.over for region in found.regions)
    columns = (
        Column("mark", "Mark"),
        Column("name", "Tensor", "name"),
        Column("offset", "Offset", "count"),
        Column("size", "Size", "count"),
        Column("first", "From", "count", drop=2),
        Column("first_layer", "Layer", "name", drop=2),
        Column("last", "To", "count", drop=1),
        Column("last_layer", "Last layer", "name"),
        *((Column("over", "Written over", "name"),) if shared else ()),
    )
    rows = [
        _row(region, found, MARKS[number % len(MARKS)], shared)
        for number, region in enumerate(found.regions)
    ]
    title = f"{network_title(report)} · {found.dtype} · memory ({found.rule})"
    notes = [*_notes(found), *arena_notes(report, terms), size_note(report, terms)]
    return [Grid(columns, rows, title, notes=notes), _picture(found)]


def _row(region: Region, found: MemoryMap, mark: str, shared: bool) -> list[Cell]:
    buffer = region.placed.buffer
    return [
        mark,
        f"{buffer.name} (scratch)" if region.scratch else buffer.name,
        region.placed.offset,
        region.placed.size,
        buffer.first,
        found.layers[buffer.first],
        buffer.last,
        found.layers[buffer.last],
        *((region.over,) if shared else ()),
    ]


def _notes(found: MemoryMap) -> list[str]:
    holders = ", ".join(f"{name} {size:,}" for name, size in found.holders())
    notes = [
        f"Needs {found.peak:,} {MEMORY_RULES[found.rule]}.",
        f"The peak is at {found.layer}; most is held by {holders}.",
    ]
    if found.tail is not None:
        notes.append(f"The arena's tail takes about {found.tail:,} bytes more, on a 64-bit host.")
    elif found.end > found.peak:
        notes.append(
            f"Offsets are of a planner that puts each at the first gap; they end at {found.end:,}, "
            "since gaps are left."
        )
    return notes


# ---------------------------------------------------------------- the picture


def _picture(found: MemoryMap) -> Grid:
    """Offset upwards, layers to the right; each tensor a block of its letter."""
    end = found.end
    height = min(HIGHEST, max(1, end))
    width = min(WIDEST, len(found.layers))
    lines = [[FREE] * width for _ in range(height)]
    for number, region in enumerate(found.regions):
        for row, column in _cells(region, len(found.layers), end, width, height):
            lines[row][column] = MARKS[number % len(MARKS)]
    rows: list[list[Cell]] = [
        [end * row // height, "".join(lines[row])] for row in range(height - 1, -1, -1)
    ]
    columns = (
        Column("from", "Offset", "count", drop=1),
        Column("tensors", "Layers from first to last"),
    )
    return Grid(columns, rows, "Offset against time", drawn=True)


def _cells(
    region: Region, clocks: int, end: int, width: int, height: int
) -> Sequence[tuple[int, int]]:
    """The rows and columns of the picture whose middle lies in a tensor's box."""
    placed = region.placed
    return [
        (row, column)
        for row in range(height)
        if placed.offset <= (2 * row + 1) * end // (2 * height) < placed.end
        for column in range(width)
        if placed.buffer.first <= (2 * column + 1) * clocks // (2 * width) <= placed.buffer.last
    ]
