"""Pictures of sweeps and of histories, drawn with Matplotlib into a file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dscalc.analysis.figures import FIGURES
from dscalc.render.mpl_drawing import colours, drawing, short_name

if TYPE_CHECKING:
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
