"""The picture of `dscalc sweep`: mult-adds against parameters, every limit, every network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.series import Series, Sweep
from dscalc.analysis.sweep import Point
from dscalc.errors import DscalcError
from dscalc.render.axes import logarithmic, real, short
from dscalc.render.grid import shown
from dscalc.render.heading import MARGIN, Entry, legend, marked, notes, stroke, swatch, title
from dscalc.render.labels import Label, placed
from dscalc.render.measure import bounds, box_of, fitted
from dscalc.render.palette import NETWORKS
from dscalc.render.panel import SHADE, SHADED, Panel
from dscalc.render.points import stars_of, sweep_title
from dscalc.render.scene import PAPER, Drawn, Mark, Path, Scene, Text
from dscalc.render.words import COUNTED, capital, sides_text

MOST_POINTS = 5_000  # of a picture
MOST_MARKS = 300  # points that are all marked; of more, those that something is to be said of
MOST_LABELLED = 60  # points that are all labelled, as far as there is room
LEFT, HEIGHT = 46.0, 270.0  # points: what is beside a panel, and how high one is
LONGEST_NAME = 180.0  # points: of a network in the legend
DRAWN = ("params", "mult_adds", "flops")
"""The figures whose limits are lines; what breaks another limit is struck out."""


class _Spot(NamedTuple):
    """A point of a network, and where it stands."""

    number: int
    series: Series
    point: Point
    at: tuple[float, float]
    best: bool
    struck: bool

    @property
    def label(self) -> Label:
        alpha = shown(self.point.alpha, "factor")
        return Label(self.at, f"α {alpha} · {sides_text(self.point.sides)}")


def check_drawable(networks: int, points: int) -> None:
    """Raises DscalcError for more than a picture can show."""
    if networks > len(NETWORKS):
        raise DscalcError(
            f"--plot tells {len(NETWORKS)} networks apart, not {networks}; draw fewer at a time"
        )
    if points > MOST_POINTS:
        raise DscalcError(f"{points:,} points are too many to draw; {MOST_POINTS:,} can be")


def sweep_scene(sweep: Sweep) -> Scene:
    """Mult-adds against parameters on logarithmic axes, a look a network, a line an input.

    Limits on what the axes are of are lines; a point that breaks another one is struck out.
    Raises DscalcError for more than can be shown.
    """
    check_drawable(len(sweep.series), sweep.size)
    head = title(sweep_title(sweep))
    listed = legend(list(_entries(sweep)), head.bottom + 2)
    panel = _panel(sweep, listed.bottom + 6)
    spots = list(_spots(sweep, panel))
    limits, marks = _limits(sweep, panel), list(_marks(spots, sweep))
    lines = [*_lines(spots), *_best_lines(sweep, spots)]
    words = [text for _, text in limits]
    taken = [*(box_of(text) for text in words), *(bounds(path) for path, _ in limits)]
    marked_at = [(mark.x, mark.y) for mark in marks]
    avoided = lines if len(spots) <= MOST_MARKS else ()
    labels = placed(_labels(spots), panel.box, marked_at, taken, avoided)
    below = notes(_notes(sweep, spots, labels), panel.y.start + 27)
    drawn: list[Drawn] = [*head.drawn, *listed.drawn, *_shade(sweep, panel)]
    drawn += panel.axes(capital(COUNTED[sweep.terms.count]), "Mult-adds")
    drawn += [*(path for path, _ in limits), *lines, *marks, *words, *labels, *below.drawn]
    return Scene(PAPER, below.bottom + MARGIN, drawn, sweep_title(sweep), head.bottom)


def _place(point: Point, sweep: Sweep) -> tuple[float, float]:
    figures = point.figures(sweep.terms)
    return real(max(1, figures["params"])), real(max(1, figures["mult_adds"]))


def _panel(sweep: Sweep, top: float) -> Panel:
    """Axes around every point and every limit that is a line."""
    places = [_place(point, sweep) for series in sweep.series for point in series.points]
    across, up = _lines_of_limits(sweep)
    xs = [*(x for x, _ in places), *(value for value, _ in across)]
    ys = [*(y for _, y in places), *(value for value, _ in up)]
    right = PAPER - 3 * MARGIN
    return Panel(logarithmic(xs, LEFT, right), logarithmic(ys, top + HEIGHT, top))


def _spots(sweep: Sweep, panel: Panel) -> Iterator[_Spot]:
    for number, (series, best) in enumerate(zip(sweep.series, stars_of(sweep), strict=True)):
        for place, point in enumerate(series.points):
            x, y = _place(point, sweep)
            struck = bool(sweep.over(point).keys() - {*DRAWN})
            at = panel.x.at(x), panel.y.at(y)
            yield _Spot(number, series, point, at, bool(best[place]), struck)


# ---------------------------------------------------------------- limits


def _lines_of_limits(
    sweep: Sweep,
) -> tuple[Sequence[tuple[float, str]], Sequence[tuple[float, str]]]:
    """The limits on the axis across and on the one upwards, where they stand, in words."""

    def line(key: str, share: int = 1) -> list[tuple[float, str]]:
        if key not in sweep.limits:
            return []
        limit = sweep.limits[key]
        words = f"{FIGURES[key].by(sweep.terms)} ≤ {short(real(limit))}"
        return [(max(1.0, real(limit) / share), words)]

    return line("params"), [*line("mult_adds"), *line("flops", 2)]


def _limits(sweep: Sweep, panel: Panel) -> list[tuple[Path, Text]]:
    across, up = _lines_of_limits(sweep)
    lines = [panel.limit_x(*one) for one in across]
    return lines + [panel.limit_y(*one, at_right=n > 0) for n, one in enumerate(up)]


def _shade(sweep: Sweep, panel: Panel) -> list[Drawn]:
    across, up = _lines_of_limits(sweep)
    return panel.shade(
        min((value for value, _ in across), default=None),
        min((value for value, _ in up), default=None),
    )


# ---------------------------------------------------------------- points


def _paths(spots: Sequence[_Spot]) -> Iterator[list[_Spot]]:
    """The spots of each network by their input, along α; by their α where they have but one."""
    lines: dict[object, list[_Spot]] = {}
    widths: dict[int, set[float]] = {}
    for spot in spots:
        widths.setdefault(spot.number, set()).add(spot.point.alpha)
    for spot in spots:
        key = spot.point.sides if len(widths[spot.number]) > 1 else spot.point.alpha
        lines.setdefault((spot.number, key), []).append(spot)
    for line in lines.values():
        yield sorted(line, key=lambda spot: (spot.point.alpha, spot.point.positions))


def _lines(spots: Sequence[_Spot]) -> Iterator[Path]:
    for line in _paths(spots):
        if len(line) > 1:
            colour = NETWORKS[line[0].number][0]
            yield Path([spot.at for spot in line], colour, 0.8, opacity=0.5)


def _best_lines(sweep: Sweep, spots: Sequence[_Spot]) -> Iterator[Path]:
    """Of each network the largest points within the limits, joined."""
    for number in range(len(sweep.series) if sweep.limits else 0):
        best = sorted(spot.at for spot in spots if spot.number == number and spot.best)
        if len(best) > 1:
            yield Path(best, NETWORKS[number][0], 1.4, dashed=True)


def _marks(spots: Sequence[_Spot], sweep: Sweep) -> Iterator[Mark]:
    nothing_best, few = not any(spot.best for spot in spots), len(spots) <= MOST_MARKS
    for spot in sorted(spots, key=lambda spot: spot.best):
        colour, shape = NETWORKS[spot.number]
        if few or spot.best:
            filled = spot.best or nothing_best
            yield Mark(*spot.at, shape, colour, filled, told=_told(spot, sweep))
        if spot.struck:
            yield Mark(*spot.at, "x", "ink", size=8.0 if few else 3.5, told=_told(spot, sweep))


def _told(spot: _Spot, sweep: Sweep) -> str:
    """All of a point in words."""
    figures = spot.point.figures(sweep.terms)
    told = ", ".join(
        f"{figures[key]:,} {FIGURES[key].word}" for key in ("params", "mult_adds", "memory", "size")
    )
    over = ", ".join(FIGURES[key].name for key in sweep.over(spot.point))
    return f"{spot.series.network.name}, {spot.label.words}: {told}{f'; over: {over}' * bool(over)}"


def _labels(spots: Sequence[_Spot]) -> Iterator[Label]:
    """The labels that are wanted: of the best, of the ends of lines, of the others if few."""
    ends = [end for line in _paths(spots) for end in (line[-1], line[0])]
    best = [spot for spot in spots if spot.best]
    wanted = [*best, *ends, *(spots if len(spots) <= MOST_LABELLED else ())]
    for spot in list({id(spot): spot for spot in wanted}.values())[:MOST_LABELLED]:
        yield spot.label


# ---------------------------------------------------------------- words


def _entries(sweep: Sweep) -> Iterator[Entry]:
    """The networks, then what is drawn of each."""
    for series, (colour, shape) in zip(sweep.series, NETWORKS, strict=False):
        yield Entry(fitted(series.network.name, LONGEST_NAME), marked(shape, colour))
    best = [sum(marks) for marks in stars_of(sweep)]
    if any(best):
        yield Entry(f"filled: {_best_words(sweep)}", marked("circle", "soft"))
    if sweep.size > sum(best) > 0 and sweep.size <= MOST_MARKS:
        yield Entry("hollow: the others", marked("circle", "soft", filled=False))
    if any(len(series.points) > 1 for series in sweep.series):
        yield Entry(_line_words(sweep), stroke("soft", 0.8))
    if sweep.limits and max(best, default=0) > 1:
        yield Entry("the largest, joined", stroke("soft", 1.4, dashed=True))
    if sweep.limits.keys() & {*DRAWN}:
        yield Entry("within these limits", swatch(SHADE, SHADED))
    broken = {key for one in sweep.series for point in one.points for key in sweep.over(point)}
    told = [_limit_words(sweep, key) for key in sweep.limits if key in broken - {*DRAWN}]
    if told:
        yield Entry(f"struck out: not {' or '.join(told)}", marked("x", "ink"))


def _limit_words(sweep: Sweep, key: str) -> str:
    """A limit of bytes in words."""
    return f"{FIGURES[key].by(sweep.terms)} ≤ {short(real(sweep.limits[key]))} bytes"


def _best_words(sweep: Sweep) -> str:
    if sweep.limits:
        return "the largest within all limits"
    return "Pareto-best" if sweep.telling else "nothing as accurate computes less"


def _line_words(sweep: Sweep) -> str:
    several = any(len({point.alpha for point in one.points}) > 1 for one in sweep.series)
    return "a line: one input, along α" if several else "a line: one α, along the input"


def _notes(sweep: Sweep, spots: Sequence[_Spot], labels: Sequence[Text]) -> Iterator[str]:
    if len(spots) > MOST_MARKS:
        yield f"{len(spots):,} points; marked are those that are best or struck out."
    kept = {key for key in sweep.limits if not any(key in sweep.over(s.point) for s in spots)}
    told = [_limit_words(sweep, key) for key in sweep.limits if key in kept - {*DRAWN}]
    if told:
        yield f"Every point keeps {' and '.join(told)}."
    if len(labels) < len(spots):
        yield f"Labelled: {len(labels):,} of {len(spots):,} points, as far as there is room."
