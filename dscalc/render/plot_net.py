"""The picture of `dscalc net`: a bar a layer in the colours of its parts, or a pair of bars."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from dscalc.analysis.figures import COMPARED, Figure
from dscalc.analysis.terms import Terms
from dscalc.analysis.what_if import Contrast
from dscalc.law.network import Report
from dscalc.law.rows import Row
from dscalc.render.bars import Bar, Bars, Line, bar_scene
from dscalc.render.heading import Entry, swatch
from dscalc.render.palette import KINDS, kind_of
from dscalc.render.scene import Fill, Scene
from dscalc.render.words import COUNTED, capital, net_title

MOST_LINES = 64  # bars below each other on a page, and half as many pairs
FEWEST_STAGES = 4  # in which a network of more layers is drawn, if it has as many
BEFORE = Fill("line")
NAME_ENDS = re.compile("[./]")  # where a part of a name ends


def net_scene(report: Report, terms: Terms, expand: bool = False) -> Scene:
    """A network layer by layer, parameters beside mult-adds; what has no cost is left out.

    A bar has a colour for each kind of its parts, which stand by themselves with `expand`. Of more
    layers than a page has room for, those of a stage, or some that follow each other, are one bar.
    """
    every = report.expanded() if expand else report.rows
    rows = [row for row in every if any(row.cost)]
    groups = _grouped(rows, MOST_LINES)
    lines = [Line(name, [[bar] for bar in _bars(of, terms)]) for name, of in groups]
    told = _notes(len(every), rows, groups)
    title = net_title(report, terms.count)
    return bar_scene(Bars(title, _heads(terms), lines, _kinds(rows), told))


def what_if_scene(between: Contrast, terms: Terms, form: str) -> Scene:
    """A rewritten network layer by layer, each bar below what it was."""
    every = between.other.rows
    rows = [row for row in every if any(row.cost) or any(between.before(row))]
    groups = _grouped(rows, MOST_LINES // 2)
    lines = []
    for name, of in groups:
        was = [_before(name, of, between, figure, terms) for figure in COMPARED.values()]
        lines.append(Line(name, list(zip(was, _bars(of, terms), strict=True))))
    title = f"{net_title(between.report, terms.count)} · as {form}"
    entries = [Entry("as it was", swatch(BEFORE)), *_kinds(rows)]
    return bar_scene(Bars(title, _heads(terms), lines, entries, _notes(len(every), rows, groups)))


def _heads(terms: Terms) -> list[str]:
    return [
        capital(COUNTED[terms.count] if key == "params" else figure.word)
        for key, figure in COMPARED.items()
    ]


def _bars(group: Sequence[Row], terms: Terms) -> list[Bar]:
    """A bar of each figure of some layers, the parts of one kind that follow each other in one."""
    parts = [(row, part) for row in group for part in row.expanded()]
    kinds = [(kind, list(of)) for kind, of in groupby(parts, lambda pair: kind_of(pair[1].kind))]
    found = []
    for figure in COMPARED.values():
        drawn = []
        for kind, of in kinds:
            value = sum(figure.of_cost(part.cost, terms) for _, part in of)
            if value:
                told = f"{_told([part for _, part in of])}: {value:,} {figure.word}"
                drawn.append((KINDS[kind], value, told))
        found.append(Bar(drawn))
    return found


def _before(name: str, rows: Sequence[Row], between: Contrast, figure: Figure, terms: Terms) -> Bar:
    value = sum(figure.of_cost(between.before(row), terms) for row in rows)
    return Bar([(BEFORE, value, f"{name} was: {value:,} {figure.word}")] if value else [])


def _kinds(rows: Iterable[Row]) -> list[Entry]:
    """The kinds that are drawn, in the order of their table."""
    there = {kind_of(part.kind) for row in rows for part in row.expanded() if any(part.cost)}
    return [Entry(kind, swatch(fill)) for kind, fill in KINDS.items() if kind in there]


def _told(parts: Sequence[Row]) -> str:
    kinds = ", ".join(dict.fromkeys(part.kind for part in parts))
    return f"{_ends(parts)} ({kinds})"


# ---------------------------------------------------------------- many layers


class _Group(NamedTuple):
    """Layers that are one bar, and its name."""

    name: str
    rows: Sequence[Row]


def _grouped(rows: Sequence[Row], most: int) -> list[_Group]:
    """The layers one by one; where they are too many, by the stages that their names tell.

    Where names tell of none, or of too few or too many, equally many that follow each other.
    """
    if len(rows) <= most:
        return [_Group(row.name, [row]) for row in rows]
    deepest = max(len(NAME_ENDS.findall(row.name)) for row in rows)
    for depth in range(deepest, 0, -1):
        stages = _stages(rows, depth)
        if FEWEST_STAGES <= len(stages) <= most:
            return stages
    each = -(-len(rows) // most)
    groups = [rows[start : start + each] for start in range(0, len(rows), each)]
    return [_Group(_ends(group), group) for group in groups]


def _stages(rows: Sequence[Row], depth: int) -> list[_Group]:
    """The rows that follow each other and whose names begin with the same parts."""
    found: list[tuple[str, list[Row]]] = []
    for row in rows:
        ends = [end.start() for end in NAME_ENDS.finditer(row.name)]
        begins = row.name[: ends[depth - 1]] if len(ends) >= depth else row.name
        if not found or found[-1][0] != begins:
            found.append((begins, []))
        found[-1][1].append(row)
    return [_Group(of[0].name if len(of) == 1 else begins, of) for begins, of in found]


def _ends(group: Sequence[Row]) -> str:
    return group[0].name if len(group) == 1 else f"{group[0].name} to {group[-1].name}"


def _notes(every: int, rows: Sequence[Row], groups: Sequence[_Group]) -> list[str]:
    """What is not drawn as a bar of its own, and why."""
    if not rows:
        return ["Nothing in it has a cost."]
    found = []
    if len(groups) < len(rows):
        found.append(f"{len(rows)} layers in {len(groups)} bars, since they are too many for each.")
    if every > len(rows):
        found.append(f"Not drawn: {every - len(rows)} of {every} layers, which have no cost.")
    return found
