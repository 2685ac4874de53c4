"""The picture of `dscalc choose`: accuracy against a cost, a line a network, the Pareto front."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

from dscalc.analysis.choose import Choice, Choices
from dscalc.analysis.figures import FIGURES
from dscalc.analysis.published import METRICS
from dscalc.render.grid import shown
from dscalc.render.mpl_drawing import COLOURS, capital, drawing, listed, short_name, write_out
from dscalc.render.words import COUNTED, sides_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = "osD^vPX*"  # one after the other where the colours begin again
MOST_LABELS = 60  # points that are looked at for a label
LABEL_WIDTH, LABEL_HEIGHT = 85, 11  # of a label, in dots of the figure
MOST_INSIDE = 9  # entries of a legend that has room inside the picture
SHADE = "#888888"


def plot_choices(choices: Choices, figure: str, file: str) -> None:
    """Draws accuracy against a figure of cost, on a logarithmic axis.

    The points of one network have one colour, and a line for each of its inputs; variants of one
    file are one network. The budget is what the limit on the figure leaves.
    """
    with drawing(8.5, 5.5, file) as picture:
        axes = picture.subplots()
        axes.set_xscale("log")
        axes.margins(x=0.1)  # room for labels, which stand to the left of their points
        axes.set_xlabel(_axis(choices, figure))
        axes.set_ylabel(f"{METRICS[choices.metric]}, {short_name(choices.question.dataset)}")
        styles = cycle([(colour, mark) for mark in MARKERS for colour in COLOURS])
        for (name, points), style in zip(_networks(choices).items(), styles, strict=False):
            _draw_network(axes, choices, figure, name, points, style)
        _draw_front(axes, choices, figure)
        _shade_budget(axes, choices, figure)
        write_out(axes.xaxis)
        handles, _ = axes.get_legend_handles_labels()
        if len(handles) > MOST_INSIDE:
            picture.legend(frameon=False, fontsize=7, loc="outside right upper")
        else:
            axes.legend(frameon=False, fontsize=8, loc="lower right")
        picture.draw_without_rendering()
        _label(axes, choices, figure)


def _axis(choices: Choices, figure: str) -> str:
    terms = choices.question.terms
    if figure == "params":
        return capital(COUNTED[terms.count])
    if FIGURES[figure].unit == "count":
        return capital(FIGURES[figure].word)
    return f"{capital(FIGURES[figure].word)}, {terms.dtype}"


def _networks(choices: Choices) -> dict[str, list[Choice]]:
    """All points by the network that they are of, the variants of one file together."""
    found: dict[str, list[Choice]] = {}
    for one in [*choices.fitting, *choices.beyond]:
        found.setdefault(one.family, []).append(one)
    return dict(sorted(found.items()))


def _place(choices: Choices, choice: Choice, figure: str) -> tuple[float, float]:
    cost = choice.point.figures(choices.question.terms)[figure]
    return float(max(1, cost)), choice.accuracy.value


def _draw_network(
    axes: Axes,
    choices: Choices,
    figure: str,
    name: str,
    points: Sequence[Choice],
    style: tuple[str, str],
) -> None:
    colour, marker = style
    for line in _lines(points):
        places = sorted(_place(choices, choice, figure) for choice in line)
        axes.plot(*zip(*places, strict=True), color=colour, linewidth=1, alpha=0.6)
    places = [_place(choices, choice, figure) for choice in points]
    xs, ys = [x for x, _ in places], [y for _, y in places]
    axes.scatter(
        xs, ys, s=16, color=colour, marker=marker, label=listed(short_name(name)), zorder=3
    )


def _lines(points: Sequence[Choice]) -> Iterator[list[Choice]]:
    """A line for each input; those that stand alone at theirs are one line together."""
    inputs: dict[tuple[int, ...], list[Choice]] = {}
    for choice in points:
        inputs.setdefault(choice.point.sides, []).append(choice)
    alone = [line[0] for line in inputs.values() if len(line) == 1]
    yield from (line for line in inputs.values() if len(line) > 1)
    if alone:
        yield alone


def _draw_front(axes: Axes, choices: Choices, figure: str) -> None:
    places = [_place(choices, choice, figure) for choice in choices.front(figure)]
    xs, ys = [x for x, _ in places], [y for _, y in places]
    axes.step(
        xs, ys, where="post", color="black", linewidth=1.2, linestyle=":", label="the Pareto front"
    )


def _shade_budget(axes: Axes, choices: Choices, figure: str) -> None:
    limit = choices.question.limits.get(figure)
    if limit is None:
        return
    left, right = axes.get_xlim()
    axes.axvspan(min(left, limit), limit, color=SHADE, alpha=0.15, label="the budget")
    axes.set_xlim(min(left, limit / 2), max(right, limit * 1.1))


def _label(axes: Axes, choices: Choices, figure: str) -> None:
    """Writes α and input, or a variant's name, beside the points, as far as there is room.

    Those of the front come first; the others where there are few.
    """
    front = choices.front(figure)[::-1]
    every = [*choices.fitting, *choices.beyond]
    rest = [one for one in every if one not in front] if len(every) <= MOST_LABELS else []
    taken: list[tuple[float, float]] = []
    for choice in [*front, *rest][:MOST_LABELS]:
        place = _place(choices, choice, figure)
        x, y = (float(one) for one in axes.transData.transform(place))
        if all(abs(x - a) > LABEL_WIDTH or abs(y - b) > LABEL_HEIGHT for a, b in taken):
            taken.append((x, y))
            offset = {"xytext": (-4, 4), "textcoords": "offset points"}
            axes.annotate(_words(choice), place, ha="right", fontsize=6.5, **offset)  # type: ignore[arg-type]


def _words(choice: Choice) -> str:
    if choice.name != choice.family:
        return short_name(choice.name)
    alpha = shown(choice.accuracy.setting.alpha, "factor")
    return f"α {alpha} · {sides_text(choice.point.sides)}"
