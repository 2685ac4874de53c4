"""Views of sweeps and fits: points laid out as grids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.fit import MOST_ALPHA, Fit
from dscalc.analysis.sweep import Point, Sweep
from dscalc.analysis.terms import Terms
from dscalc.render.grid import Cell, Column, Grid
from dscalc.render.views import COUNTED

LONGEST_TABLE = 100  # points that a table shows without being asked for all
SHOWN_BEST = 50  # of the points of a longer one


def sides_text(sides: Sequence[int]) -> str:
    """224 for a square, 160×128 for what is none."""
    return str(sides[0]) if len(set(sides)) == 1 else "×".join(map(str, sides))


def terms_text(terms: Terms) -> str:
    """The conventions of a report, said once."""
    weights = "" if terms.of_weights == terms.dtype else f", weights {terms.of_weights}"
    return f"{COUNTED[terms.count]} · {terms.dtype}{weights}"


NOTE_OF_MEMORY = "Memory: bytes of activations alive at once. Size: bytes of the parameters."


def _point_columns(several: bool) -> tuple[Column, ...]:
    return (
        *((Column("network", "Network", "name"),) if several else ()),
        Column("resolution", "Input"),
        Column("alpha", "α", "factor"),
        Column("params", "Params", "count"),
        Column("mult_adds", "Mult-adds", "count"),
        Column("memory", "Memory", "count"),
        Column("size", "Size", "count", drop=3),
    )


def _point_cells(name: str, point: Point, terms: Terms, several: bool) -> list[Cell]:
    figures = point.figures(terms)
    return [
        *((name,) if several else ()),
        sides_text(point.sides),
        point.alpha,
        figures["params"],
        figures["mult_adds"],
        figures["memory"],
        figures["size"],
    ]


def _limits_text(limits: Mapping[str, int]) -> str:
    return ", ".join(f"{FIGURES[f].name} ≤ {limits[f]:,}" for f in FIGURES if f in limits)


# ---------------------------------------------------------------- sweeps


def sweep_grids(sweep: Sweep, every: bool) -> list[Grid]:
    """The points of a sweep; of a long one the best, unless `every`."""
    several = len(sweep.series) > 1
    listed = [(series, point) for series in sweep.series for point in series.points]
    best = [(series, point) for series, point in listed if point in series.best]
    best.sort(key=lambda pair: -pair[1].cost.mult_adds)
    short = every or len(listed) <= LONGEST_TABLE
    shown = listed if short else best[:SHOWN_BEST]
    columns = (
        *_point_columns(several),
        Column("", "", "bar", drop=1),
        Column("best", "Best"),
        *((Column("over", "Over"),) if sweep.limits else ()),
    )
    most = max((point.cost.mult_adds for _, point in shown), default=0)
    rows = [
        [
            *_point_cells(series.network.name, point, sweep.terms, several),
            point.cost.mult_adds / (most or 1),
            "*" if point in series.best else "",
            *((", ".join(FIGURES[f].name for f in sweep.over(point)),) if sweep.limits else ()),
        ]
        for series, point in shown
    ]
    notes = [NOTE_OF_MEMORY, _best_note(sweep)]
    if not short:
        which = f"{len(shown):,} of the {len(best):,}" if shown != best else f"The {len(best):,}"
        notes.insert(
            0,
            f"{which} best of {len(listed):,} points, those that compute most first; "
            "--all shows every point, and so do csv and json.",
        )
    return [Grid(columns, rows, _sweep_title(sweep), notes=notes)]


def _best_note(sweep: Sweep) -> str:
    if sweep.limits:
        return "Best: keeps every limit, and nothing that does is as large in both α and input."
    return "Best (Pareto): nothing of the network is as large in α and input and costs no more."


def _sweep_title(sweep: Sweep) -> str:
    names = ", ".join(series.network.name for series in sweep.series)
    points = f"{sweep.size:,} point{'s' if sweep.size != 1 else ''}"
    parts = [names, points, terms_text(sweep.terms)]
    return " · ".join([*parts, _limits_text(sweep.limits)] if sweep.limits else parts)


# ---------------------------------------------------------------- fits


def fit_grids(fits: Sequence[Fit], limits: Mapping[str, int], terms: Terms) -> list[Grid]:
    """The largest α at each resolution, how much of each limit it takes, and what comes next."""
    several = len({id(fit.network) for fit in fits}) > 1
    given = [figure for figure in FIGURES if figure in limits]
    columns = (
        *_point_columns(several),
        *(Column(f"{figure}_used", f"of {FIGURES[figure].name}", "share") for figure in given),
        Column("verdict", "Verdict"),
    )
    rows = [
        [
            *_point_cells(fit.network.name, fit.point, terms, several),
            *(fit.used()[figure] for figure in given),
            _verdict(fit),
        ]
        for fit in fits
    ]
    names = ", ".join(dict.fromkeys(fit.network.name for fit in fits))
    title = " · ".join([names, _limits_text(limits), terms_text(terms)])
    return [Grid(columns, rows, title, notes=[*_fit_notes(fits), NOTE_OF_MEMORY])]


def _verdict(fit: Fit) -> str:
    if not fit.fits:
        return f"over by {_amounts(fit.excess())}"
    if fit.following is None:
        return f"fits up to α {MOST_ALPHA:g}"
    return f"fits; {' and '.join(FIGURES[figure].name for figure in fit.binding())} next"


def _amounts(excess: Mapping[str, int]) -> str:
    return ", ".join(f"{amount:,} {FIGURES[figure].name}" for figure, amount in excess.items())


def _fit_notes(fits: Iterable[Fit]) -> list[str]:
    notes = []
    if any(fit.fits for fit in fits):
        notes.append(
            "The largest α that keeps every limit, in the fewest digits that give its channels; "
            "the next step of channels breaks the limit named."
        )
    if not all(fit.fits for fit in fits):
        notes.append("Over by: at the smallest α that the network takes.")
    return notes
