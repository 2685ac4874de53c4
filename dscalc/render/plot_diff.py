"""The picture of `dscalc diff`: layers before and after, what changed most first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dscalc.analysis.figures import COMPARED, Figure
from dscalc.analysis.versions import Change, Difference, LayerFigures
from dscalc.render.bars import Bar, Bars, Line, bar_scene
from dscalc.render.changes import costs, sentence
from dscalc.render.heading import Entry, swatch
from dscalc.render.scene import Fill, Scene
from dscalc.render.words import capital

MOST_LINES = 36  # pairs of bars, and names of networks, below each other on a page
BEFORE, MORE, LESS, SAME = "before", "after, costs more", "after, costs less", "after, the same"
LOOKS = {
    BEFORE: Fill("line"),
    MORE: Fill("red", "lines"),
    LESS: Fill("blue"),
    SAME: Fill("grey"),
}
"""What a layer was, and what it is now, by how it stands to that."""
SIGNS = {"added": "+ ", "removed": "− ", "changed": "", "unchanged": ""}


def diff_scene(differences: Sequence[Difference]) -> Scene:
    """Each network that changed: its layers, each below what it was, the largest change first.

    What the largest change of mult-adds is comes first, then that of parameters. Of more layers
    than a page has room for those of the smallest changes are left out.
    """
    changed = [one for one in differences if any(map(costs, one.changes))]
    several = len(changed) > 1
    drawn = changed[: MOST_LINES // 2]
    each = MOST_LINES // max(1, len(drawn)) - several
    lines: list[Line] = []
    for one in drawn:
        lines += [Line(f"{one.network}: {sentence(one)}")] if several else []
        lines += map(_line, _largest(one)[:each])
    heads = [capital(figure.word) for figure in COMPARED.values()]
    return bar_scene(
        Bars(_title(changed), heads, lines, _legend(lines), list(_notes(changed, lines)))
    )


def _largest(difference: Difference) -> list[Change]:
    """The layers that cost another sum, the largest change first."""
    changes = [change for change in difference.changes if costs(change)]
    return sorted(
        changes, key=lambda one: (-abs(one.delta("mult_adds")), -abs(one.delta("params")))
    )


def _line(change: Change) -> Line:
    """A layer in two versions; of one that is new, or gone, what there is."""
    panels = []
    for figure in COMPARED.values():
        was, now = _value(change.base, figure), _value(change.head, figure)
        told = f"{change.name}: {was:,} to {now:,} {figure.word} ({now - was:+,})"
        bars = [] if change.base is None else [_bar(BEFORE, was, told)]
        panels.append(
            bars if change.head is None else [*bars, _bar(_after(change, figure), now, told)]
        )
    return Line(f"{SIGNS[change.status]}{change.name}", panels)


def _bar(words: str, value: int, told: str) -> Bar:
    return Bar([(LOOKS[words], value, told)] if value else [])


def _value(layer: LayerFigures | None, figure: Figure) -> int:
    return 0 if layer is None else int(getattr(layer.totals, figure.key))


def _after(change: Change, figure: Figure) -> str:
    """How a layer stands to what it was."""
    delta = change.delta(figure.key)
    return MORE if delta > 0 else LESS if delta < 0 else SAME


def _legend(lines: Iterable[Line]) -> list[Entry]:
    """What is drawn of all that there is."""
    there = {
        fill for line in lines for bars in line.panels for bar in bars for fill, *_ in bar.parts
    }
    return [Entry(words, swatch(fill)) for words, fill in LOOKS.items() if fill in there]


def _title(changed: Sequence[Difference]) -> str:
    if not changed:
        return "No layer costs more or less than it did"
    if len(changed) == 1:
        return f"{changed[0].network}: {sentence(changed[0])}"
    return f"{len(changed)} networks changed"


def _notes(changed: Sequence[Difference], lines: Sequence[Line]) -> Iterator[str]:
    every = sum(sum(map(costs, one.changes)) for one in changed)
    drawn = sum(1 for line in lines if line.panels)
    if drawn < every:
        yield f"Drawn: the {drawn} largest of {every:,} changes, by mult-adds, then by parameters."
    if any(change.status in ("added", "removed") for one in changed for change in one.changes):
        yield "+ is a layer that is new, − one that is gone."
