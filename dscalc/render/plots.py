"""Pictures of sweeps and of histories, drawn with Matplotlib into a file."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.sweep import Point, Series, Sweep
from dscalc.render.grid import shown
from dscalc.render.mpl_drawing import capital, colours, drawing, listed, short_name, write_out
from dscalc.render.words import COUNTED, sides_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dscalc.check.history import History

MOST_LABELS = 200  # points that are looked at for a label
LABEL_WIDTH, LABEL_HEIGHT = 78, 10  # of a label, in dots of the figure
SHORT_SHA = 7  # digits of a commit below an axis
HEADROOM = 1.1  # above the highest value
MOST_NAMES = 16  # of commits below an axis


# ---------------------------------------------------------------- histories


def plot_history(history: History, file: str) -> None:
    """Draws every figure from commit to commit, one above the other; gaps where none is known."""
    from dscalc.check.history import SHOWN

    names = [moment.sha[:SHORT_SHA] for moment in history.moments]
    with drawing(8.0, 6.0, file) as figure:
        from matplotlib.ticker import EngFormatter, MaxNLocator

        plots = figure.subplots(len(SHOWN), sharex=True)
        for key, axes, colour in zip(SHOWN, plots, colours(), strict=False):
            values = [float(m.figures[key]) if m.figures else math.nan for m in history.moments]
            axes.plot(values, color=colour, marker="o", markersize=3, drawstyle="steps-post")
            axes.set_ylabel(FIGURES[key].head)
            axes.set_ylim(0, HEADROOM * max((v for v in values if v == v), default=1) or 1)
            axes.yaxis.set_major_formatter(EngFormatter(sep=""))
        axes.xaxis.set_major_locator(MaxNLocator(MOST_NAMES, integer=True))
        axes.xaxis.set_major_formatter(
            lambda x, _: names[int(x)] if x == int(x) and 0 <= x < len(names) else ""
        )
        axes.tick_params(axis="x", rotation=30)
        figure.suptitle(short_name(history.network), x=0.01, ha="left")


# ---------------------------------------------------------------- sweeps


def plot_sweep(sweep: Sweep, file: str) -> None:
    """Draws mult-adds against parameters: a colour a network, a line an input, a dot an α."""
    with drawing(8.0, 5.5, file) as figure:
        axes = figure.subplots()
        axes.set(xscale="log", yscale="log")
        axes.set_xlabel(capital(COUNTED[sweep.terms.count]))
        axes.set_ylabel("Mult-adds")
        for series, colour in zip(sweep.series, colours(), strict=False):
            _draw_series(axes, sweep, series, colour)
        _budget_box(axes, sweep)
        for axis in (axes.xaxis, axes.yaxis):
            write_out(axis)
        names = dict.fromkeys(short_name(series.network.name) for series in sweep.series)
        axes.set_title(" · ".join(names), loc="left")
        axes.legend(frameon=False, fontsize=8)
        figure.draw_without_rendering()
        _label(axes, sweep)


def _at(point: Point, sweep: Sweep) -> tuple[float, float]:
    figures = point.figures(sweep.terms)
    return float(max(1, figures["params"])), float(max(1, figures["mult_adds"]))


def _draw_series(axes: Axes, sweep: Sweep, series: Series, colour: str) -> None:
    inputs: dict[tuple[int, ...], list[Point]] = {}
    for point in series.points:
        inputs.setdefault(point.sides, []).append(point)
    for points in inputs.values():
        xs, ys = _places(sorted(points, key=lambda point: point.alpha), sweep)
        axes.plot(xs, ys, color=colour, linewidth=1, alpha=0.5)
    xs, ys = _places((point for point in series.points if point not in series.best), sweep)
    axes.scatter(xs, ys, s=14, facecolors="white", edgecolors=colour, zorder=2)
    xs, ys = _places(sorted(series.best, key=lambda point: _at(point, sweep)), sweep)
    told = "largest within the limits" if sweep.limits else "Pareto-best"
    name = short_name(series.network.name)
    axes.scatter(xs, ys, s=22, color=colour, label=listed(f"{name}, {told}"), zorder=3)
    if sweep.limits:
        axes.plot(xs, ys, color=colour, linewidth=1.6, linestyle="--")


def _places(points: Iterable[Point], sweep: Sweep) -> tuple[list[float], list[float]]:
    places = [_at(point, sweep) for point in points]
    return [x for x, _ in places], [y for _, y in places]


def _budget_box(axes: Axes, sweep: Sweep) -> None:
    """Shades what the limits on parameters and mult-adds leave."""
    if not {"params", "mult_adds"} & sweep.limits.keys():
        return
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    right = float(sweep.limits.get("params", right))
    high = float(sweep.limits.get("mult_adds", high))
    axes.fill_between([left, right], low, high, color="#888888", alpha=0.15, label="the budget")
    axes.set(xlim=(left, max(right, axes.get_xlim()[1])), ylim=(low, max(high, axes.get_ylim()[1])))


def _label(axes: Axes, sweep: Sweep) -> None:
    """Writes α and input beside the points, the best first, as far as there is room."""
    listed = [(point in series.best, point) for series in sweep.series for point in series.points]
    taken: list[tuple[float, float]] = []
    for _, point in sorted(listed, key=lambda pair: not pair[0])[:MOST_LABELS]:
        x, y = (float(place) for place in axes.transData.transform(_at(point, sweep)))
        if all(abs(x - a) > LABEL_WIDTH or abs(y - b) > LABEL_HEIGHT for a, b in taken):
            taken.append((x, y))
            text = f"α {shown(point.alpha, 'factor')} · {sides_text(point.sides)}"
            offset = {"xytext": (4, -3), "textcoords": "offset points"}
            axes.annotate(text, _at(point, sweep), fontsize=6.5, **offset)  # type: ignore[arg-type]
