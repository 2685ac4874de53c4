"""The picture of a network's memory: offset against time, a box a tensor, drawn with Matplotlib."""

from __future__ import annotations

from dscalc.analysis.planned import MemoryMap
from dscalc.analysis.terms import MEMORY_RULES
from dscalc.law.network import Report
from dscalc.render.mpl_drawing import colours, drawing, short_name
from dscalc.render.words import network_title

MOST_TICKS = 60  # layers that are named below the picture
LEAST_LABEL = 0.04  # of the height: a lower box is not labelled


def plot_memory(report: Report, found: MemoryMap, file: str) -> None:
    """Draws every tensor as a box from its first to its last layer, at its offset."""
    clocks = len(found.layers)
    with drawing(max(6.0, min(24.0, 2.0 + 0.3 * clocks)), 6.0, file) as figure:
        axes = figure.subplots()
        for region, colour in zip(found.regions, colours(), strict=False):
            placed = region.placed
            left, wide = placed.buffer.first - 0.5, placed.buffer.last - placed.buffer.first + 1
            axes.bar(
                left, placed.size, wide, placed.offset, align="edge", color=colour, alpha=0.75,
                edgecolor="white", linewidth=0.5, hatch="//" if region.scratch else None,
            )  # fmt: skip
            if placed.size >= LEAST_LABEL * found.end:
                middle = left + wide / 2, placed.offset + placed.size / 2
                axes.annotate(short_name(placed.buffer.name), middle, ha="center", va="center",
                              fontsize=5, clip_on=True)  # fmt: skip
        axes.axhline(found.peak, color="black", linewidth=0.8, linestyle="--")
        axes.set(xlim=(-0.5, clocks - 0.5), ylim=(0, 1.05 * max(found.end, found.peak, 1)))
        axes.set_ylabel("Bytes")
        step = -(-clocks // MOST_TICKS)
        names = [short_name(name) for name in found.layers[::step]]
        axes.set_xticks(range(0, clocks, step), names, rotation=90, fontsize=6)
        axes.grid(axis="x", visible=False)
        title = f"{short_name(network_title(report))} · {found.peak:,} {MEMORY_RULES[found.rule]}"
        axes.set_title(title, loc="left")
