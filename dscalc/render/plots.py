"""Pictures: sweeps and networks drawn with Matplotlib into a file, whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from dscalc.analysis.sweep import Point, Series, Sweep
from dscalc.analysis.terms import Terms
from dscalc.errors import DscalcError
from dscalc.law.network import Report
from dscalc.law.rows import Row
from dscalc.render.grid import shown
from dscalc.render.text import plain
from dscalc.render.words import COUNTED, sides_text
from dscalc.render.writing import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
STYLE: Any = {
    "text.parse_math": False,  # a name is data, dollar signs and all
    "svg.hashsalt": "dscalc",  # the same picture is the same file
    "svg.fonttype": "none",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    "savefig.dpi": 150,
}
UNSIGNED: dict[str, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""What each format would say of the time and the program that made it."""
# Okabe and Ito's palette, which colour-blind readers tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
MOST_LABELS = 200  # points that are looked at for a label
LABEL_WIDTH, LABEL_HEIGHT = 78, 10  # of a label, in dots of the figure
LONGEST_NAME = 40  # characters
MOST_LAYERS = 400  # of a network that is drawn


def check_destination(file: str) -> None:
    """Raises DscalcError where a picture cannot be drawn or written, before any work is done."""
    from importlib.util import find_spec

    path = Path(file)
    if path.suffix.lower().lstrip(".") not in FORMATS:
        raise DscalcError(f"--plot writes .svg, .png or .pdf, not '{file}'")
    if find_spec("matplotlib") is None:
        raise DscalcError("--plot needs Matplotlib: pip install 'dscalc[plot]'")
    if path.is_dir():
        raise DscalcError(f"{file}: is a folder, not a file to draw into")
    if not path.parent.is_dir():
        raise DscalcError(f"{file}: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise DscalcError(f"{file}: no permission to write there")


# ---------------------------------------------------------------- sweeps


def plot_sweep(sweep: Sweep, file: str) -> None:
    """Draws mult-adds against parameters: a colour a network, a line an input, a dot an α."""
    with figure_for(8.0, 5.5, file) as figure:
        axes = figure.subplots()
        axes.set(xscale="log", yscale="log")
        axes.set_xlabel(_capital(COUNTED[sweep.terms.count]))
        axes.set_ylabel("Mult-adds")
        for series, colour in zip(sweep.series, colours(), strict=False):
            _draw_series(axes, sweep, series, colour)
        _budget_box(axes, sweep)
        for axis in (axes.xaxis, axes.yaxis):
            _write_out(axis)
        names = dict.fromkeys(drawn_name(series.network.name) for series in sweep.series)
        axes.set_title(" · ".join(names), loc="left")
        axes.legend(frameon=False, fontsize=8)
        figure.draw_without_rendering()
        _label(axes, sweep)


def _write_out(axis: Axis) -> None:
    """Labels an axis with whole numbers, also between the powers of ten."""
    from matplotlib.ticker import EngFormatter, LogLocator

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(EngFormatter(sep=""))
    axis.set_minor_locator(LogLocator(subs=()))


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
    name = drawn_name(series.network.name)
    axes.scatter(xs, ys, s=22, color=colour, label=_listed(f"{name}, {told}"), zorder=3)
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


def drawn_name(text: str) -> str:
    """A name from a file, harmless and no longer than there is room for."""
    name = plain(text)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _listed(label: str) -> str:
    """A label that a legend lists; Matplotlib leaves out what begins with an underscore."""
    return f" {label}" if label.startswith("_") else label


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# ---------------------------------------------------------------- networks


def plot_net(report: Report, terms: Terms, file: str) -> None:
    """Draws a bar a layer, its parameters and its mult-adds, coloured by kind."""
    rows = report.rows
    if len(rows) > MOST_LAYERS:
        raise DscalcError(f"{len(rows)} layers are too many to draw; {MOST_LAYERS} can be")
    with figure_for(9.0, 1.6 + 0.17 * max(len(rows), 8), file) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        kinds = dict(zip(dict.fromkeys(row.kind for row in rows), colours(), strict=False))
        _bars(left, rows, kinds, [row.cost.params(terms.count) for row in rows])
        _bars(right, rows, kinds, [row.cost.mult_adds for row in rows])
        left.set_yticks(range(len(rows)), [drawn_name(row.name) for row in rows], fontsize=7)
        left.invert_yaxis()
        left.set_xlabel(_capital(COUNTED[terms.count]))
        right.set_xlabel("Mult-adds")
        drawn = [
            right.barh([0], [0], color=colour, label=_listed(kind))
            for kind, colour in kinds.items()
        ]
        figure.legend(handles=drawn, loc="outside lower center", ncols=6, frameon=False, fontsize=8)
        figure.suptitle(f"{drawn_name(report.network.name)} · input {report.network.input}")


def _bars(axes: Axes, rows: Sequence[Row], kinds: dict[str, str], values: Sequence[int]) -> None:
    from matplotlib.ticker import EngFormatter

    filled = [kinds[row.kind] for row in rows]
    # As floats: an array of NumPy's holds no integer above 2⁶³.
    axes.barh(range(len(rows)), [float(value) for value in values], color=filled, height=0.8)
    axes.margins(y=0.01)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.grid(axis="y", visible=False)


# ---------------------------------------------------------------- files


def colours() -> Iterator[str]:
    while True:
        yield from COLOURS


def _load_matplotlib() -> ModuleType:
    """Matplotlib with the settings that it comes with, and a backend that needs no screen.

    It would obey a `matplotlibrc` in the current folder first of all, whoever put it there, and
    one can make it run LaTeX; so it is loaded where there is an empty one.
    """
    import logging
    import tempfile

    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="dscalc-") as folder:
        Path(folder, "matplotlibrc").touch()
        with chdir(folder), _variables(MATPLOTLIBRC=folder, MPLBACKEND="agg"):
            import matplotlib
    return matplotlib


@contextmanager
def _variables(**values: str) -> Iterator[None]:
    """The environment with these variables, for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@contextmanager
def figure_for(width: float, height: float, file: str) -> Iterator[Figure]:
    """A figure to draw on, which is written to `file` when all of it is drawn."""
    import warnings

    mpl = _load_matplotlib()
    from matplotlib.figure import Figure

    form = Path(file).suffix.lower().lstrip(".")
    drawn = io.BytesIO()
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        figure.savefig(drawn, format=form, metadata=UNSIGNED[form])
    write_whole({file: drawn.getvalue()})
