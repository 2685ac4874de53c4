"""The picture of a network's memory: offset against time, a box a tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dscalc.analysis.planned import MemoryMap, Region
from dscalc.analysis.terms import MEMORY_RULES
from dscalc.law.network import Report
from dscalc.render.axes import Scale, from_zero, real, upwards
from dscalc.render.heading import MARGIN, Entry, legend, stroke, swatch, title
from dscalc.render.measure import all_fitted, box_of, fitted, width_of
from dscalc.render.palette import TENSORS
from dscalc.render.scene import PAPER, SIZE, Drawn, Fill, Path, Rect, Scene, Text
from dscalc.render.words import network_title

LEFT, HEIGHT = 58.0, 260.0  # points: what is beside the panel, and how high it is
NAME, TICK = 5.0, 6.0  # points: of words in a box, and below the panel
LONGEST_TICK = 80.0  # points: of a layer's name
SHORTEST_NAME = 8  # characters that a name keeps in its box
HEADROOM = 1.08  # above the highest box


def memory_scene(report: Report, found: MemoryMap) -> Scene:
    """Every tensor as a box from its first to its last layer, at its offset, and the peak."""
    words = f"{network_title(report)} · {found.peak:,} {MEMORY_RULES[found.rule]}"
    head = title(words)
    listed = legend(list(_entries(found)), head.bottom + 2)
    top = listed.bottom + 4
    across = Scale(-0.5, len(found.layers) - 0.5, LEFT, PAPER - 3 * MARGIN)
    up = from_zero([real(found.end), real(found.peak)], top + HEIGHT, top, HEADROOM)
    drawn: list[Drawn] = [*head.drawn, *listed.drawn, *upwards(up, LEFT, across.end, "Bytes")]
    until = {region.over: region.placed.buffer.first for region in found.regions}
    boxes = [_box(region, across, up, n, until) for n, region in enumerate(found.regions)]
    peak = up.at(real(found.peak))
    drawn += [*boxes, Path([(LEFT, peak), (across.end, peak)], "ink", 0.8, dashed=True)]
    drawn += _names(found.regions, boxes)
    layers = list(_layers(found.layers, across, up.start))
    bottom = max((box_of(it)[3] for it in layers if isinstance(it, Text)), default=up.start)
    return Scene(PAPER, bottom + MARGIN, [*drawn, *layers], words, head.bottom)


def _entries(found: MemoryMap) -> Iterator[Entry]:
    yield Entry(
        f"the peak, {found.peak:,} bytes, at {found.layer}", stroke("ink", 0.8, dashed=True)
    )
    yield Entry("a tensor, from its first layer to its last", swatch(TENSORS[0]))
    if any(region.scratch for region in found.regions):
        yield Entry("what an operator writes for itself", swatch(Fill("grey", "lines")))


def _box(region: Region, across: Scale, up: Scale, number: int, until: Mapping[str, int]) -> Rect:
    """A tensor as long as it is there, or until another one is written over it."""
    placed, buffer = region.placed, region.placed.buffer
    end = min(buffer.last + 1, until.get(buffer.name, buffer.last + 1))
    left, right = across.at(buffer.first - 0.5), across.at(max(end, buffer.first) - 0.5)
    bottom, top = up.at(real(placed.offset)), up.at(real(placed.offset + placed.size))
    fill = Fill("grey", "lines") if region.scratch else TENSORS[number % len(TENSORS)]
    told = f"{buffer.name}: {placed.size:,} bytes at {placed.offset:,}"
    gap = 0.3 if min(right - left, bottom - top) > 1.2 else 0.0
    return Rect(left + gap, top + gap, right - left - 2 * gap, bottom - top - 2 * gap, fill, told)


def _names(regions: Sequence[Region], boxes: Sequence[Rect]) -> Iterator[Text]:
    """The names of tensors in boxes that have room for them, upright or turned."""
    for region, box in zip(regions, boxes, strict=True):
        x, y = box.x + box.width / 2, box.y + box.height / 2
        for turned in (False, True):
            length, height = (box.height, box.width) if turned else (box.width, box.height)
            name = fitted(region.placed.buffer.name, length - 2, NAME)
            long = len(name) >= SHORTEST_NAME or name == region.placed.buffer.name
            if height > 1.2 * NAME and long and width_of(name, NAME) <= length - 1:
                shift = 0.3 * NAME
                at = (x + shift, y) if turned else (x, y + shift)
                yield Text(*at, name, "middle", NAME, "page", turned=turned)
                break


def _layers(names: Sequence[str], across: Scale, bottom: float) -> Iterator[Drawn]:
    """The names of as many layers as there is room for, upwards below the panel."""
    each = (across.end - across.start) / len(names)
    step = max(1, int(-(-(1.2 * SIZE) // each)))
    yield Path([(across.start, bottom), (across.end, bottom)], "soft", 0.6)
    told = all_fitted(names[::step], LONGEST_TICK, TICK)
    for number, name in zip(range(0, len(names), step), told, strict=True):
        x = across.at(number)
        yield Path([(x, bottom), (x, bottom + 2)], "soft", 0.6)
        yield Text(x + 0.3 * TICK, bottom + 4, name, "end", TICK, "soft", turned=True)
