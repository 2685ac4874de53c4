"""Views: a result laid out as grids; they arrange and name, and know no law."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.forms import Question, Variant
from dscalc.analysis.formulas import Formula, explain, reduction, total
from dscalc.analysis.published import Finding
from dscalc.analysis.what_if import Contrast, cost_ratios
from dscalc.law.layer import Block, Cost, Count
from dscalc.law.network import Report
from dscalc.law.window import per_axis
from dscalc.render.grid import Cell, Column, Grid

COUNTED: dict[Count, str] = {
    "weights": "weights only",
    "trainable": "trainable parameters",
    "total": "all parameters, norm statistics included",
}


# ---------------------------------------------------------------- one layer


def layer_grids(question: Question, variants: Sequence[Variant]) -> list[Grid]:
    """The forms of one convolution beside each other."""
    scaled = len({(v.alpha, v.rho) for v in variants}) > 1
    known = question.df is not None
    columns = (
        Column("kind", "Convolution"),
        *((Column("alpha", "α", "factor"), Column("rho", "ρ", "factor")) if scaled else ()),
        *((Column("output", "Output"),) if known else ()),
        Column("params", "Params", "count"),
        Column("params_ratio", "ratio", "ratio", drop=2),
        Column("mult_adds" if known else "mult_adds_per_position",
               "Mult-adds" if known else "Mult-adds/position", "count"),
        Column("mult_adds_ratio", "ratio", "ratio"),
        Column("", "vs standard", "fewer", drop=1),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            v.kind,
            *((v.alpha, v.rho) if scaled else ()),
            *((str(v.row.output),) if known else ()),
            v.row.cost.params(),
            v.params_ratio,
            v.row.cost.mult_adds,
            v.mult_adds_ratio,
            None if v is variants[0] else v.mult_adds_ratio,
        ]
        for v in variants
    ]
    notes = [f"separable / standard = {_reduction(question)}"]
    if not known:
        notes.append(
            "Without a feature map, mult-adds are per output position; "
            "say its side with --df to see them in all."
        )
    return [Grid(columns, rows, _layer_title(question, variants[0]), notes=notes)]


def _reduction(question: Question) -> str:
    kernel = per_axis(question.conv.k, question.dims, "k")
    return reduction(question.conv.n, kernel, question.multiplier)


def _layer_title(question: Question, standard: Variant) -> str:
    conv, dims = question.conv, question.dims
    kernel = "×".join(map(str, per_axis(conv.k, dims, "k")))
    window = f"{kernel} convolution" if dims > 1 else f"1-D convolution of {kernel}"
    known = question.df is not None
    shapes = (standard.row.input, standard.row.output)
    between = " → ".join(map(str, shapes if known else (s.channels for s in shapes)))
    parts = [f"{window}, {between}{'' if known else ' channels'}"]
    parts.append(f"stride {_plain_sizes(conv.stride)}")
    parts.append(f"padding {_plain_sizes(conv.padding)}")
    if conv.dilation != 1:
        parts.append(f"dilation {_plain_sizes(conv.dilation)}")
    if conv.bias:
        parts.append("with bias")
    return ", ".join(parts)


def _plain_sizes(value: str | int | tuple[int, ...]) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)


def explanation_grids(question: Question, variants: Sequence[Variant]) -> list[Grid]:
    """Every cost of the forms as its formula, the formula with numbers, and the result."""
    known = question.df is not None
    grids = []
    for stage in dict.fromkeys((v.alpha, v.rho) for v in variants):
        title = f"α = {stage[0]:g}, ρ = {stage[1]:g}" if stage != (1.0, 1.0) else "In numbers"
        forms = [v for v in variants if (v.alpha, v.rho) == stage]
        formulas = [formula for form in forms for formula in _formulas(form)]
        notes = [str(f) for f in formulas if known or f.name.startswith("N")]
        grids.append(Grid(title=title, notes=notes))
    return grids


def _formulas(form: Variant) -> Sequence[Formula]:
    """The formulas of a form; the parts of a separable one come with it, not by themselves."""
    row, layer = form.row, form.layer
    if form.kind in ("depthwise", "pointwise"):
        return []
    if not isinstance(layer, Block):
        return explain(form.kind, layer, row)
    parts = [
        explain(part.kind, node.layer, part)
        for node, part in zip(layer.body(row.input), row.parts, strict=True)
    ]
    params, mult_adds = zip(*parts, strict=True)
    return [*chain(*parts), total("N_sep", params), total("C_sep", mult_adds)]


# ---------------------------------------------------------------- a network


def net_title(report: Report, count: Count) -> str:
    """A network with its multipliers, its input, and which parameters are counted."""
    network = report.network
    parts = [network.name]
    if network.alpha != 1.0:
        parts.append(f"α {network.alpha:g}")
    if network.rho != 1.0:
        parts.append(f"ρ {network.rho:.3g}")
    return " · ".join([*parts, f"input {network.input}", COUNTED[count]])


def kinds_grid(report: Report, count: Count) -> Grid:
    """A network by kind of convolution, dearest first."""
    params, all_mult_adds = report.total.params(count), report.total.mult_adds
    columns = (
        Column("kind", "Kind"),
        Column("params", "Params", "count"),
        Column("params_share", "Share", "share"),
        Column("mult_adds", "Mult-adds", "count"),
        Column("mult_adds_share", "Share", "share"),
    )
    rows: list[list[Cell]] = [
        [
            kind,
            cost.params(count),
            cost.params(count) / (params or 1),
            cost.mult_adds,
            cost.mult_adds / (all_mult_adds or 1),
        ]
        for kind, cost in report.by_kind().items()
    ]
    return Grid(columns, rows, "By kind of convolution")


# ---------------------------------------------------------------- the shipped networks


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


# ---------------------------------------------------------------- published figures


def verify_grids(findings: Sequence[tuple[str, Finding]]) -> list[Grid]:
    """Every published figure beside ours, and how the two relate."""
    columns = (
        Column("network", "Network", "name"),
        Column("at", "At"),
        Column("metric", "Figure"),
        Column("published", "Published"),
        Column("ours", "Ours", "count"),
        Column("relation", "Relation"),
        Column("source", "Source", drop=2),
        Column("slip", "Why", drop=1),
    )
    rows: list[list[Cell]] = [
        [
            name,
            _at(finding),
            FIGURES[finding.metric].name,
            finding.printed.text,
            finding.ours,
            finding.relation,
            finding.published.source,
            finding.published.slip if "slip" in finding.relation else "",
        ]
        for name, finding in findings
    ]
    return [Grid(columns, rows, notes=[_verified([finding for _, finding in findings])])]


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


def _at(finding: Finding) -> str:
    """The conditions of a figure, those of the file left out."""
    published = finding.published
    alpha, rho, resolution = published.setting
    parts = [f"α {alpha:g}"] if alpha != 1 else []
    if rho != 1:
        parts.append(f"ρ {rho:g}")
    if resolution is not None:
        parts.append(_plain_sizes(resolution))
    if published.rewritten:
        parts.append(f"as {published.rewritten}")
    if finding.metric == "params":
        parts.append(published.counted)
    return ", ".join(parts)


# ---------------------------------------------------------------- what if


def what_if_grids(contrast: Contrast, count: Count, form: str) -> list[Grid]:
    """A rewritten network layer by layer, beside what each layer was."""
    report, before = contrast.other, contrast.report
    columns = (
        Column("name", "Layer", "name"),
        Column("kind", "Kind"),
        Column("output", "Output", drop=1),
        Column("params_before", "Params were", "count"),
        Column("params", "Params", "count"),
        Column("mult_adds_before", "Mult-adds were", "count"),
        Column("mult_adds", "Mult-adds", "count"),
        Column("change", "Change", "fewer"),
    )

    def cells(name: str, kind: str, output: str, was: Cost, now: Cost) -> list[Cell]:
        change = cost_ratios(now, was, count).mult_adds if now != was else None
        params = was.params(count), now.params(count)
        return [name, kind, output, *params, was.mult_adds, now.mult_adds, change]

    rows = [
        cells(row.name, row.kind, str(row.output), contrast.before(row), row.cost)
        for row in report.rows
    ]
    total = cells("total", "", "", before.total, report.total)
    title = f"{net_title(before, count)} · as {form}"
    return [Grid(columns, rows, title, [total]), kinds_grid(report, count)]
