"""The answer of `dscalc list`: the shipped networks with their totals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dscalc.law.network import Report
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Grid, Page, count_of
from dscalc.render.json import cost_parts, document, shape_list


def list_answer(reports: Sequence[tuple[str, Report]]) -> Answer:
    """Networks by their names."""
    return Answer(
        lambda: list_document(reports), lambda: list_grids(reports), page=lambda: list_page(reports)
    )


def list_page(reports: Sequence[tuple[str, Report]]) -> Page:
    return Page([count_of(len(reports), "network")], "Networks that ship with dscalc")


def list_document(reports: Sequence[tuple[str, Report]]) -> dict[str, Any]:
    """`dscalc list --format json`."""
    networks = [
        {
            "network": name,
            "input": shape_list(report.network.input),
            "source": report.network.source,
            **cost_parts(report.total, "trainable"),
        }
        for name, report in reports
    ]
    return document("list", networks=networks)


def list_grids(reports: Sequence[tuple[str, Report]]) -> list[Grid]:
    """The shipped networks with their totals."""
    columns = (
        Column("network", "Network", "name"),
        Column("input", "Input"),
        Column("params", "Params", "count"),
        Column("mult_adds", "Mult-adds", "count"),
        Column("source", "Source", drop=1),
    )
    rows: list[list[Cell]] = [
        [
            name,
            str(report.network.input),
            report.total.params(),
            report.total.mult_adds,
            report.network.source,
        ]
        for name, report in reports
    ]
    notes = ["Trainable parameters; `dscalc net NAME` shows a network layer by layer."]
    return [Grid(columns, rows, notes=notes)]
