"""A scene into a file: SVG as it is, PNG and PDF by Matplotlib."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path as File
from types import ModuleType
from typing import TYPE_CHECKING, Any

from dscalc.errors import DscalcError
from dscalc.render.palette import LIGHT
from dscalc.render.scene import Drawn, Hatch, Mark, Path, Rect, Scene, Text, outline
from dscalc.render.text import plain
from dscalc.render.writing import write_whole

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
INCH = 72.0  # points
STYLE: Any = {
    "text.parse_math": False,  # a name is data, dollar signs and all
    "hatch.linewidth": 0.8,
    "pdf.fonttype": 42,  # text stays text
    "savefig.dpi": 200,
}
UNSIGNED: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""What each format would say of the time and the program that made it."""
HATCHES: dict[Hatch, str] = {
    "": "",
    "lines": "//////",
    "back": "\\\\\\\\\\\\",
    "cross": "++++",
    "dots": "......",
}
ALIGNED = {"start": "left", "middle": "center", "end": "right"}


def check_destination(file: str) -> None:
    """Raises DscalcError where a picture cannot be drawn or written, before any work is done."""
    from importlib.util import find_spec

    path = File(file)
    form = path.suffix.lower().lstrip(".")
    if form not in FORMATS:
        raise DscalcError(f"--plot writes .svg, .png or .pdf, not '{file}'")
    if form != "svg" and find_spec("matplotlib") is None:
        raise DscalcError(
            f"--plot writes .svg by itself; .{form} needs Matplotlib: pip install 'dscalc[plot]'"
        )
    if path.is_dir():
        raise DscalcError(f"{file}: is a folder, not a file to draw into")
    if not path.parent.is_dir():
        raise DscalcError(f"{file}: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise DscalcError(f"{file}: no permission to write there")


def draw(scene: Scene, file: str) -> None:
    """Writes the scene to a file of one of the formats, whole or not at all."""
    form = File(file).suffix.lower().lstrip(".")
    if form == "svg":
        from dscalc.render.svg import as_svg

        write_whole({file: as_svg(scene)})
        return
    drawn = io.BytesIO()
    with figure_of(scene) as figure:
        figure.savefig(drawn, format=form, metadata=UNSIGNED[form])
    write_whole({file: drawn.getvalue()})


@contextmanager
def figure_of(scene: Scene) -> Iterator[Figure]:
    """The scene as a figure of Matplotlib's, one unit of its axes a point."""
    import warnings

    mpl = _load_matplotlib()
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(scene.width / INCH, scene.height / INCH))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set(xlim=(0, scene.width), ylim=(scene.height, 0))
        for order, it in enumerate(scene.drawn):
            _add(axes, it).set_zorder(order)
        yield figure


def _add(axes: Axes, it: Drawn) -> Artist:
    match it:
        case Rect():
            return _add_rect(axes, it)
        case Path():
            return _add_path(axes, it)
        case Mark():
            return _add_mark(axes, it)
        case Text():
            return _add_text(axes, it)


def _add_rect(axes: Axes, it: Rect) -> Artist:
    from matplotlib.patches import Rectangle

    look: Any = {"facecolor": LIGHT[it.fill.colour], "hatch": HATCHES[it.fill.hatch]}
    look |= {"alpha": it.opacity, "edgecolor": LIGHT["page"], "linewidth": 0}
    return axes.add_patch(Rectangle((it.x, it.y), it.width, it.height, **look))


def _add_path(axes: Axes, it: Path) -> Artist:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Polygon

    look: Any = {"linewidth": it.width, "alpha": it.opacity}
    if it.fill:
        edge = LIGHT[it.colour] if it.colour else "none"
        return axes.add_patch(Polygon(it.points, facecolor=LIGHT[it.fill], edgecolor=edge, **look))
    xs, ys = zip(*it.points, strict=True)
    dashes: Any = (0, (3, 2)) if it.dashed else "solid"
    return axes.add_line(Line2D(xs, ys, color=LIGHT[it.colour], linestyle=dashes, **look))


def _add_mark(axes: Axes, it: Mark) -> Artist:
    from matplotlib.patches import Circle, Polygon

    look: Any = {"edgecolor": LIGHT[it.colour], "linewidth": 0.8}
    look["facecolor"] = LIGHT[it.colour if it.filled else "page"]
    if it.shape == "circle":
        return axes.add_patch(Circle((it.x, it.y), it.size / 2, **look))
    return axes.add_patch(Polygon(outline(it.shape, it.x, it.y, it.size), **look))


def _add_text(axes: Axes, it: Text) -> Artist:
    look: Any = {"fontsize": it.size, "color": LIGHT[it.colour]}
    look |= {"horizontalalignment": ALIGNED[it.anchor], "verticalalignment": "baseline"}
    look |= {"rotation": 90 if it.turned else 0, "rotation_mode": "anchor"}
    return axes.text(
        it.x, it.y, plain(it.words), fontweight="bold" if it.bold else "normal", **look
    )


def _load_matplotlib() -> ModuleType:
    """Matplotlib with the settings that it comes with, and a backend that needs no screen.

    It would obey a `matplotlibrc` in the current folder first of all, whoever put it there, and
    one can make it run LaTeX; so it is loaded where there is an empty one.
    """
    import logging
    import tempfile

    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="dscalc-") as folder:
        File(folder, "matplotlibrc").touch()
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
