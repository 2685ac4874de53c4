"""The answer of `dscalc verify`: published figures beside ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.terms import USUAL
from dscalc.analysis.verify import Finding
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Fact, Grid, Page, count_of
from dscalc.render.json import document


def verify_answer(findings: Sequence[tuple[str, Finding]]) -> Answer:
    """Findings with the names of their networks."""
    return Answer(
        lambda: verify_document(findings),
        lambda: verify_grids(findings),
        lambda: verify_rows(findings),
        page=lambda: verify_page(findings),
    )


def verify_page(findings: Sequence[tuple[str, Finding]]) -> Page:
    unexplained = sum(not finding.explained for _, finding in findings)
    slips = sum(finding.relation == "slip" for _, finding in findings)
    return Page(
        [
            count_of(len(findings), "published figure"),
            Fact(f"{len(findings) - slips - unexplained:,}", "ours, rounded or cut"),
            count_of(slips, "known slip"),
            Fact(f"{unexplained:,}", "unexplained"),
        ],
        "Published figures beside ours",
    )


def verify_document(findings: Sequence[tuple[str, Finding]]) -> dict[str, Any]:
    """`dscalc verify --format json`."""
    figures = [
        {
            "network": name,
            "source": finding.published.source,
            "alpha": finding.published.setting.alpha,
            "rho": finding.published.setting.rho,
            "resolution": finding.published.setting.resolution,
            "as": finding.published.rewritten,
            "count": finding.published.counted,
            "metric": finding.metric,
            "published": finding.printed.text,
            "ours": finding.ours,
            "relation": finding.relation,
            "slip": finding.published.slip or None,
            "explained": finding.explained,
        }
        for name, finding in findings
    ]
    explained = all(finding.explained for _, finding in findings) if findings else None
    return document("verify", figures=figures, explained=explained)


COLUMNS = (
    Column("network", "Network", "name"),
    Column("at", "At"),
    Column("metric", "Figure"),
    Column("published", "Published", "count"),
    Column("ours", "Ours", "count"),
    Column("relation", "Relation", "status"),
    Column("source", "Source", drop=1),
)


def verify_grids(findings: Sequence[tuple[str, Finding]]) -> list[Grid]:
    """Every published figure beside ours, how the two relate, and why where they differ."""
    slips = [finding.published.slip for _, finding in findings if "slip" in finding.relation]
    numbers = {reason: number for number, reason in enumerate(dict.fromkeys(slips), 1)}
    rows = [_cells(name, finding, numbers) for name, finding in findings]
    reasons = [f"Slip {number}: {reason}." for reason, number in numbers.items()]
    return [Grid(COLUMNS, rows, notes=[_verified([one for _, one in findings]), *reasons])]


def verify_rows(findings: Sequence[tuple[str, Finding]]) -> Grid:
    """The same with which parameters are counted, and each reason, in its row."""
    columns = (*COLUMNS, Column("slip", "Why"))
    rows: list[list[Cell]] = []
    for name, one in findings:
        _, _, _, *rest = _cells(name, one, {})
        at = [*_at(one), *([one.published.counted] if one.metric == "params" else [])]
        reason = one.published.slip if "slip" in one.relation else ""
        rows.append([name, ", ".join(at), FIGURES[one.metric].name, *rest, reason])
    return Grid(columns, rows)


def _cells(name: str, finding: Finding, numbers: Mapping[str, int]) -> list[Cell]:
    number = numbers.get(finding.published.slip) if "slip" in finding.relation else None
    return [
        name,
        ", ".join(_at(finding)) or "as written",
        _figure(finding),
        finding.printed.text,
        finding.ours,
        finding.relation if number is None else f"{finding.relation} {number}",
        finding.published.source,
    ]


def _figure(finding: Finding) -> str:
    """What is published, and by which count if not by the usual one."""
    name, counted = FIGURES[finding.metric].name, finding.published.counted
    return f"{name}, {counted}" if finding.metric == "params" and counted != USUAL.count else name


def _verified(findings: Sequence[Finding]) -> str:
    """How many figures relate to ours in which way, in one sentence."""
    if not findings:
        return "No figure is published in the file."
    unexplained = sum(not finding.explained for finding in findings)
    slips = sum(finding.relation == "slip" for finding in findings)
    ours = len(findings) - slips - unexplained
    parts = [
        f"{ours} ours, rounded or cut" if ours else "",
        f"{slips} known slips" if slips else "",
    ]
    parts += [f"{unexplained} unexplained" if unexplained else "none unexplained"]
    return f"{len(findings)} published figures: {', '.join(filter(None, parts))}."


def _at(finding: Finding) -> list[str]:
    """The conditions of a figure, those of the file left out."""
    published = finding.published
    return [
        *published.setting.parts,
        *([f"as {published.rewritten}"] if published.rewritten else []),
    ]
