"""Documents of sweeps, fits and layers; their keys are promised to stay (schema_version 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dscalc.analysis.fit import LEAST_ALPHA, MOST_ALPHA, Fit
from dscalc.analysis.formulas import explain_layer
from dscalc.analysis.neighbours import Found, Named
from dscalc.analysis.sweep import Point, Sweep
from dscalc.analysis.terms import Terms
from dscalc.law.network import Report, Row
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


def fit_document(fits: Sequence[Fit], limits: Mapping[str, int], terms: Terms) -> dict[str, Any]:
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


def _terms(terms: Terms, limits: Mapping[str, int]) -> dict[str, Any]:
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


def explain_document(found: Found, report: Report) -> dict[str, Any]:
    """`dscalc explain --format json`."""
    network = report.network

    def neighbour(one: Named) -> dict[str, Any]:
        shape = network.input if one.row is None else one.row.output
        kind = None if one.row is None else one.row.kind
        return {"name": one.name, "kind": kind, "output": [*shape.sides, shape.channels]}

    return document(
        "explain",
        network=network.name,
        file=network.file,
        alpha=network.alpha,
        rho=network.rho,
        layer=_layer(found.name, found.row, report),
        parts=[
            {
                **_layer(f"{found.name}.{name}" if name else found.name, row, report),
                "formulas": [formula._asdict() for formula in explain_layer(layer, row)],
            }
            for name, layer, row in found.elementary()
        ],
        before=[neighbour(one) for one in found.before],
        after=[neighbour(one) for one in found.after],
    )


def _layer(name: str, row: Row, report: Report) -> dict[str, Any]:
    params, mult_adds = row.cost.params(), row.cost.mult_adds
    return {
        "name": name,
        "kind": row.kind,
        "line": row.line,
        "input": [*row.input.sides, row.input.channels],
        "output": [*row.output.sides, row.output.channels],
        "params": params,
        **row.cost._asdict(),
        "params_share": params / (report.total.params() or 1),
        "mult_adds_share": mult_adds / (report.total.mult_adds or 1),
    }
