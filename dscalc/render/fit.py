"""The answer of `dscalc fit`: the largest α at each resolution, and what the next one breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.fit import LEAST_ALPHA, MOST_ALPHA, Fit
from dscalc.analysis.terms import Terms
from dscalc.render.formats import Answer
from dscalc.render.grid import Column, Fact, Grid, Page, shown
from dscalc.render.json import document
from dscalc.render.points import (
    TOP1,
    limits_text,
    point_cells,
    point_columns,
    point_document,
    terms_document,
)
from dscalc.render.words import of_file_notes, sides_text, terms_text


def fit_answer(fits: Sequence[Fit], limits: Mapping[str, int], terms: Terms) -> Answer:
    """Fits in the order in which they are shown."""
    told = any(fit.top1 is not None for fit in fits)

    return Answer(
        lambda: fit_document(fits, limits, terms),
        lambda: fit_grids(fits, limits, terms, told),
        lambda: fit_grids(fits, limits, terms, told=True)[0],
        page=lambda: fit_page(fits),
    )


def fit_page(fits: Sequence[Fit]) -> Page:
    """The best α of each network; the most that they compute is not comparable otherwise."""
    best: dict[int, Fit] = {}
    for fit in fits:
        if fit.fits:
            best.setdefault(id(fit.network), fit)
    facts = [
        Fact(
            f"α {shown(fit.point.alpha, 'factor')}",
            f"{fit.network.name} at {sides_text(fit.point.sides)}",
        )
        for fit in best.values()
    ]
    return Page(facts or [Fact("none", "fits every limit")])


def fit_document(fits: Sequence[Fit], limits: Mapping[str, int], terms: Terms) -> dict[str, Any]:
    """`dscalc fit --format json`."""
    found = [
        {
            "network": fit.network.name,
            "file": fit.network.file,
            "fits": fit.fits,
            **point_document(fit.point, terms),
            "top1": fit.top1,
            "used": fit.used(),
            "over": fit.excess(),
            "binding": fit.binding(),
            "peak": _peak_document(fit),
            "next": None if fit.following is None else point_document(fit.following, terms),
        }
        for fit in fits
    ]
    searched = [LEAST_ALPHA, MOST_ALPHA]
    return document("fit", **terms_document(terms, limits), alpha_searched=searched, fits=found)


def fit_grids(
    fits: Sequence[Fit], limits: Mapping[str, int], terms: Terms, told: bool
) -> list[Grid]:
    """The largest α at each resolution, how much of each limit it takes, and what comes next.

    Accuracies have a column where they are `told`.
    """
    several = len({id(fit.network) for fit in fits}) > 1
    given = [figure for figure in FIGURES if figure in limits]
    columns = (
        *point_columns(several, terms),
        *((TOP1,) if told else ()),
        *(Column(f"{figure}_used", f"of {FIGURES[figure].name}", "share") for figure in given),
        Column("verdict", "Verdict", "status"),
    )
    rows = [
        [
            *point_cells(fit.network.name, fit.point, terms, several),
            *((fit.top1,) if told else ()),
            *(fit.used()[figure] for figure in given),
            _verdict(fit),
        ]
        for fit in fits
    ]
    names = ", ".join(dict.fromkeys(fit.network.name for fit in fits))
    title = " · ".join([names, limits_text(limits, terms), terms_text(terms)])
    of_files = [note for fit in fits for note in of_file_notes(fit.network, terms, scaled=True)]
    notes = [*_fit_notes(fits), *_peaks(fits), *dict.fromkeys(of_files)]
    return [Grid(columns, rows, title, notes=notes)]


def _peak_document(fit: Fit) -> dict[str, Any]:
    """Where the memory of the α found is needed most, and what holds most of it there."""
    found = fit.memory_map()
    holders = [{"layer": name, "bytes": size} for name, size in found.holders()]
    return {"layer": found.layer, "bytes": found.peak, "holders": holders}


def _peaks(fits: Iterable[Fit]) -> list[str]:
    """The same in words, for every fit within a limit on memory."""
    notes = []
    for fit in fits:
        if "memory" in fit.limits:
            found = fit.memory_map()
            holders = ", ".join(f"{name} {size:,}" for name, size in found.holders())
            name = f"{fit.network.name} at {sides_text(fit.point.sides)}"
            notes.append(f"{name}: the peak is at {found.layer}; most is held by {holders}.")
    return notes


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
