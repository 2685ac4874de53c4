"""What pictures have in common: style, colours, labels, and a file that is written whole."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from dscalc.errors import DscalcError
from dscalc.render.text import plain
from dscalc.render.writing import write_whole

if TYPE_CHECKING:
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
LONGEST_NAME = 40  # characters of a label


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


def write_out(axis: Axis) -> None:
    """Labels an axis with whole numbers, also between the powers of ten."""
    from matplotlib.ticker import EngFormatter, LogLocator

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(EngFormatter(sep=""))
    axis.set_minor_locator(LogLocator(subs=()))


def short_name(text: str) -> str:
    """A name from a file, harmless and no longer than there is room for."""
    name = plain(text)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def listed(label: str) -> str:
    """A label that a legend lists; Matplotlib leaves out what begins with an underscore."""
    return f" {label}" if label.startswith("_") else label


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


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
def drawing(width: float, height: float, file: str) -> Iterator[Figure]:
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
