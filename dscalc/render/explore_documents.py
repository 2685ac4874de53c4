"""Documents of sweeps and fits, whose keys are promised to stay (schema_version 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dscalc.explore import LEAST_ALPHA, MOST_ALPHA, Figure, Fit, Point, Sweep, Terms
from dscalc.render.documents import document


def sweep_document(sweep: Sweep) -> dict[str, Any]:
    """`dscalc sweep --format json`."""
    networks = [
        {
            "network": series.network.name,
            "file": series.network.file,
            "points": [
                {
                    **_point(point, sweep.terms),
                    "best": point in series.best,
                    "over": sweep.over(point),
                }
                for point in series.points
            ],
        }
        for series in sweep.series
    ]
    return document("sweep", **_terms(sweep.terms, sweep.limits), networks=networks)


def fit_document(fits: Sequence[Fit], limits: Mapping[Figure, int], terms: Terms) -> dict[str, Any]:
    """`dscalc fit --format json`."""
    found = [
        {
            "network": fit.network.name,
            "file": fit.network.file,
            "fits": fit.fits,
            **_point(fit.point, terms),
            "used": fit.used(),
            "over": fit.excess(),
            "binding": fit.binding(),
            "next": None if fit.following is None else _point(fit.following, terms),
        }
        for fit in fits
    ]
    searched = [LEAST_ALPHA, MOST_ALPHA]
    return document("fit", **_terms(terms, limits), alpha_searched=searched, fits=found)


def _terms(terms: Terms, limits: Mapping[Figure, int]) -> dict[str, Any]:
    return {
        "count": terms.count,
        "dtype": terms.dtype,
        "weight_dtype": terms.of_weights,
        "limits": dict(limits),
    }


def _point(point: Point, terms: Terms) -> dict[str, Any]:
    figures = point.figures(terms)
    return {
        "alpha": point.alpha,
        "resolution": list(point.sides),
        "params": figures["params"],
        **point.cost._asdict(),
        "peak_elements": point.peak,
        "memory_bytes": figures["memory"],
        "size_bytes": figures["size"],
    }
