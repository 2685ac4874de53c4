"""The picture of `dscalc choose`: accuracy against a cost, a look a network, the Pareto front."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dscalc.analysis.choose import Choice, Choices
from dscalc.analysis.figures import FIGURES
from dscalc.analysis.published import METRICS
from dscalc.render.axes import around, logarithmic, real, short
from dscalc.render.grid import shown
from dscalc.render.heading import MARGIN, Entry, legend, marked, notes, stroke, swatch, title
from dscalc.render.labels import Label, placed
from dscalc.render.measure import bounds, box_of, fitted
from dscalc.render.palette import NETWORKS
from dscalc.render.panel import SHADE, SHADED, Panel
from dscalc.render.scene import PAPER, Drawn, Mark, Path, Point, Scene, Shape, Text
from dscalc.render.words import COUNTED, capital, sides_text

MOST_LABELLED = 60  # points that are all labelled, as far as there is room
LEFT, HEIGHT = 46.0, 270.0  # points: what is beside the panel, and how high it is
LONGEST_NAME = 150.0  # points: of a network in the legend, and of a label
REST: tuple[str, Shape] = ("grey", "circle")
"""What networks look like of which there are too many to tell apart."""


class _Spot(NamedTuple):
    """A choice, where it stands, and the number of its network's look; None for the rest."""

    choice: Choice
    at: Point
    number: int | None
    front: bool


def choices_scene(choices: Choices, figure: str) -> Scene:
    """Accuracy against a figure of cost, on a logarithmic axis.

    The points of one network have one look, and a line for each of its inputs; variants of one
    file are one network. Of more than can be told apart the rest is grey.
    """
    words = f"{_accuracy(choices)}, against {_cost(choices, figure)}"
    looks = _looks(choices, figure)
    head = title(words)
    listed = legend(list(_entries(choices, figure, looks)), head.bottom + 2)
    panel = _panel(choices, figure, listed.bottom + 6)
    spots = list(_spots(choices, figure, panel, looks))
    front, limit = _front(choices, figure, panel), _limit(choices, figure, panel)
    taken = [box for path, text in limit for box in (bounds(path), box_of(text))]
    lines = [*_lines(spots), front]
    labels = placed(_labels(spots), panel.box, [spot.at for spot in spots], taken, lines)
    below = notes(_notes(spots, labels), panel.y.start + 27)
    drawn: list[Drawn] = [*head.drawn, *listed.drawn, *_shade(choices, figure, panel)]
    drawn += panel.axes(capital(_cost(choices, figure)), _accuracy(choices))
    drawn += [*lines, *(path for path, _ in limit), *_marks(spots, choices, figure)]
    drawn += [*(text for _, text in limit), *labels, *below.drawn]
    return Scene(PAPER, below.bottom + MARGIN, drawn, words, head.bottom)


def _accuracy(choices: Choices) -> str:
    return fitted(f"{METRICS[choices.metric]}, {choices.question.dataset}", LONGEST_NAME)


def _cost(choices: Choices, figure: str) -> str:
    terms = choices.question.terms
    if figure == "params":
        return COUNTED[terms.count]
    if FIGURES[figure].unit == "count":
        return FIGURES[figure].word
    return f"{FIGURES[figure].word}, {terms.of_weights if figure == 'size' else terms.dtype}"


def _every(choices: Choices) -> list[Choice]:
    return [*choices.fitting, *choices.beyond]


def _looks(choices: Choices, figure: str) -> dict[str, int]:
    """The networks that are told apart, those of the front first, with the numbers of a look."""
    front = choices.front(figure)[::-1]
    names = dict.fromkeys(one.family for one in [*front, *_every(choices)])
    return {name: number for number, name in enumerate([*names][: len(NETWORKS)])}


# ---------------------------------------------------------------- places


def _value(choices: Choices, choice: Choice, figure: str) -> tuple[float, float]:
    cost = choice.point.figures(choices.question.terms)[figure]
    return real(max(1, cost)), choice.accuracy.value


def _panel(choices: Choices, figure: str, top: float) -> Panel:
    places = [_value(choices, choice, figure) for choice in _every(choices)]
    limit = choices.question.limits.get(figure)
    xs = [*(x for x, _ in places), *([] if limit is None else [real(limit)])]
    right = PAPER - 3 * MARGIN
    up = around([y for _, y in places], top + HEIGHT, top)
    return Panel(logarithmic(xs, LEFT, right), up)


def _spots(choices: Choices, figure: str, panel: Panel, looks: dict[str, int]) -> Iterator[_Spot]:
    front = choices.front(figure)
    for choice in _every(choices):
        x, y = _value(choices, choice, figure)
        at = panel.x.at(x), panel.y.at(y)
        yield _Spot(choice, at, looks.get(choice.family), choice in front)


def _front(choices: Choices, figure: str, panel: Panel) -> Path:
    """The steps of what can be reached at a cost."""
    points: list[Point] = []
    for choice in choices.front(figure):
        x, y = _value(choices, choice, figure)
        if points:
            points.append((panel.x.at(x), points[-1][1]))
        points.append((panel.x.at(x), panel.y.at(y)))
    if points:
        points.append((panel.x.end, points[-1][1]))
    return Path(points, "soft", 0.9, dashed=True)


def _lines(spots: Sequence[_Spot]) -> Iterator[Path]:
    """A line for each input of a network; those that stand alone at theirs are one together."""
    for number in dict.fromkeys(spot.number for spot in spots if spot.number is not None):
        inputs: dict[tuple[int, ...], list[Point]] = {}
        for spot in spots:
            if spot.number == number:
                inputs.setdefault(spot.choice.point.sides, []).append(spot.at)
        alone = [line[0] for line in inputs.values() if len(line) == 1]
        for line in [*(line for line in inputs.values() if len(line) > 1), alone]:
            if len(line) > 1:
                yield Path(sorted(line), NETWORKS[number][0], 0.8, opacity=0.6)


def _limit(choices: Choices, figure: str, panel: Panel) -> list[tuple[Path, Text]]:
    limit = choices.question.limits.get(figure)
    if limit is None:
        return []
    return [panel.limit_x(real(limit), _limit_words(choices, figure))]


def _limit_words(choices: Choices, key: str) -> str:
    bytes_of = " bytes" if FIGURES[key].unit == "size" else ""
    return f"{FIGURES[key].name} ≤ {short(real(choices.question.limits[key]))}{bytes_of}"


def _shade(choices: Choices, figure: str, panel: Panel) -> list[Drawn]:
    limit = choices.question.limits.get(figure)
    return panel.shade(None if limit is None else real(limit), None)


# ---------------------------------------------------------------- marks and words


def _marks(spots: Sequence[_Spot], choices: Choices, figure: str) -> Iterator[Mark]:
    """The points, those of the front on top; what breaks another limit is struck out."""
    for spot in sorted(spots, key=lambda spot: (spot.number is not None, spot.front)):
        colour, shape = REST if spot.number is None else NETWORKS[spot.number]
        told = _told(spot.choice, choices)
        filled = spot.number is not None
        yield Mark(*spot.at, shape, colour, filled, 5.0 if filled else 4.0, told)
        if choices.over(spot.choice).keys() - {figure}:
            yield Mark(*spot.at, "x", "ink", size=7.0, told=told)


def _told(choice: Choice, choices: Choices) -> str:
    figures = choice.point.figures(choices.question.terms)
    costs = ", ".join(
        f"{figures[key]:,} {FIGURES[key].word}" for key in ("params", "mult_adds", "memory", "size")
    )
    words = f"{choice.name}, {_setting(choice)}: {choice.accuracy.value}, {costs}"
    over = ", ".join(FIGURES[key].name for key in choices.over(choice))
    return f"{words}; over: {over}" if over else words


def _setting(choice: Choice) -> str:
    alpha = shown(choice.accuracy.setting.alpha, "factor")
    return f"α {alpha} · {sides_text(choice.point.sides)}"


def _labels(spots: Sequence[_Spot]) -> Iterator[Label]:
    """Those of the front come first, the most accurate first; the others where there are few."""
    front = sorted((spot for spot in spots if spot.front), key=lambda spot: spot.at[1])
    rest = [spot for spot in spots if not spot.front] if len(spots) <= MOST_LABELLED else []
    for spot in [*front, *rest][:MOST_LABELLED]:
        choice = spot.choice
        named = choice.name != choice.family or spot.number is None
        yield Label(spot.at, fitted(choice.name, LONGEST_NAME) if named else _setting(choice))


def _entries(choices: Choices, figure: str, looks: dict[str, int]) -> Iterator[Entry]:
    for name, number in looks.items():
        colour, shape = NETWORKS[number]
        yield Entry(fitted(name, LONGEST_NAME), marked(shape, colour))
    rest = len({one.family for one in _every(choices)} - looks.keys())
    if rest:
        yield Entry(
            f"{rest} other network{'s' if rest > 1 else ''}", marked("circle", "grey", False)
        )
    yield Entry("the Pareto front", stroke("soft", 0.9, dashed=True))
    if figure in choices.question.limits:
        yield Entry("within this limit", swatch(SHADE, SHADED))
    others = [key for key in choices.question.limits if key != figure]
    if any(choices.over(one).keys() & {*others} for one in _every(choices)):
        told = " or ".join(_limit_words(choices, key) for key in others)
        yield Entry(f"struck out: not {told}", marked("x", "ink"))


def _notes(spots: Sequence[_Spot], labels: Sequence[Text]) -> Iterator[str]:
    if len(labels) < len(spots):
        yield f"Labelled: {len(labels):,} of {len(spots):,} points, those of the front first."
