"""The picture of `dscalc diff --log`: every figure of a network from commit to commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dscalc.analysis.figures import FIGURES
from dscalc.check.history import SHOWN, History, Moment
from dscalc.render.axes import Scale, from_zero, real, upwards
from dscalc.render.heading import MARGIN, Entry, legend, marked, title
from dscalc.render.measure import width_of
from dscalc.render.scene import PAPER, SIZE, Drawn, Mark, Path, Scene, Text

LEFT, HEIGHT, BETWEEN = 58.0, 90.0, 14.0  # points: beside a panel, of one, and below it
COLOURS = ("blue", "red", "green")
SHORT_SHA = 7  # digits of a commit below an axis
MOST_MARKS = 100  # commits that all have a mark; those of a change always do
HEADROOM = 1.1  # above the highest value


def history_scene(history: History) -> Scene:
    """Every figure of a network, one above the other, as steps; gaps where none is known."""
    moments = history.moments
    words = f"{history.network} · {len(moments):,} commit{'s' if len(moments) > 1 else ''}"
    head = title(words)
    gaps = [Entry("no figures: removed, or not to be read", marked("x", "ink"))]
    listed = legend(gaps if any(not one.figures for one in moments) else [], head.bottom + 2)
    across = Scale(-0.5, len(moments) - 0.5, LEFT, PAPER - 3 * MARGIN)
    drawn: list[Drawn] = [*head.drawn, *listed.drawn]
    bottom = listed.bottom + 4
    for key, colour in zip(SHOWN, COLOURS, strict=True):
        top, bottom = bottom, bottom + HEIGHT
        values = [real(one.figures[key]) for one in moments if one.figures]
        up = from_zero(values, bottom, top, HEADROOM)
        drawn += upwards(up, LEFT, across.end, FIGURES[key].head)
        drawn += _steps(moments, key, across, up, colour)
        bottom += BETWEEN
    drawn += _commits(moments, across, bottom - BETWEEN)
    return Scene(PAPER, bottom + 2.8 * SIZE, drawn, words, head.bottom)


def _steps(
    moments: Sequence[Moment], key: str, across: Scale, up: Scale, colour: str
) -> Iterator[Drawn]:
    """A level line from each commit to the next one, and a mark at each."""
    line: list[tuple[float, float]] = []
    marks: list[Mark] = []
    for number, moment in enumerate(moments):
        x = across.at(number)
        if moment.figures is None:
            if line:
                yield Path([*line, (x, line[-1][1])], colour, 1.2)
            line = []
            marks.append(Mark(x, up.start - 5, "x", "ink", told=_told(moment, moment.problem)))
            continue
        value = moment.figures[key]
        y = up.at(real(value))
        changed = not line or line[-1][1] != y
        line += [(x, line[-1][1]), (x, y)] if line else [(x, y)]
        if changed or len(moments) <= MOST_MARKS:
            told = _told(moment, f"{value:,} {FIGURES[key].word}")
            marks.append(Mark(x, y, "circle", colour, size=3.6, told=told))
    if line:
        yield Path([*line, (across.end, line[-1][1])], colour, 1.2)
    yield from marks


def _told(moment: Moment, what: str) -> str:
    return f"{moment.sha[:SHORT_SHA]}, {moment.date}: {what or 'removed'}"


def _commits(moments: Sequence[Moment], across: Scale, bottom: float) -> Iterator[Drawn]:
    """Names and dates of as many commits as there is room for, below the lowest panel."""
    widest = max(width_of(words) for one in moments for words in (one.sha[:SHORT_SHA], one.date))
    each = (across.end - across.start) / len(moments)
    step = max(1, -(-(widest + 8) // each))
    for number in range(0, len(moments), int(step)):
        x = across.at(number)
        anchor = max(x, LEFT / 2 + widest / 2)
        yield Path([(x, bottom), (x, bottom + 3)], "soft", 0.6)
        yield Text(anchor, bottom + 11, moments[number].sha[:SHORT_SHA], "middle", colour="soft")
        yield Text(anchor, bottom + 20, moments[number].date, "middle", colour="soft")
