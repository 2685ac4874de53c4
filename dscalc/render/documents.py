"""Documents: a result as the JSON object whose keys are promised to stay (schema_version 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dscalc.law.fields import Sizes
from dscalc.law.layer import Cost, Count, Shape
from dscalc.law.window import per_axis

if TYPE_CHECKING:
    from dscalc.analysis.forms import Question, Variant
    from dscalc.analysis.memory import Memory, Traffic
    from dscalc.analysis.published import Finding
    from dscalc.analysis.terms import Terms
    from dscalc.analysis.versions import Change, Difference, Version
    from dscalc.analysis.what_if import Contrast
    from dscalc.check.outcomes import Outcome
    from dscalc.law.network import Report, Row

SCHEMA_VERSION = 1


def document(command: str, **content: Any) -> dict[str, Any]:
    """What every command's document has in common, around its own content."""
    return {"schema_version": SCHEMA_VERSION, "command": command, **content}


def _shape(shape: Shape) -> list[int]:
    return [*shape.sides, shape.channels]


def layer_document(
    question: Question, variants: Sequence[Variant], alpha: float, rho: float
) -> dict[str, Any]:
    """`dscalc layer --format json`."""
    conv, known = question.conv, question.df is not None

    def sizes(value: Sizes) -> list[int]:
        return list(per_axis(value, question.dims, ""))

    inputs = {
        "df": list(question.df) if question.df else None,
        "k": sizes(conv.k),
        "m": question.m,
        "n": conv.n,
        "g": conv.g,
        "stride": sizes(conv.stride),
        "padding": conv.padding if isinstance(conv.padding, str) else sizes(conv.padding),
        "dilation": sizes(conv.dilation),
        "bias": conv.bias,
        "multiplier": question.multiplier,
        "alpha": alpha,
        "rho": rho,
    }
    costs = [
        {
            "kind": v.kind,
            "alpha": v.alpha,
            "rho": v.rho,
            "output": _shape(v.row.output) if known else None,
            "params": v.row.cost.params(),
            "mult_adds": v.row.cost.mult_adds if known else None,
            "mult_adds_per_position": v.row.cost.mult_adds // v.row.output.positions,
            "params_ratio": v.params_ratio,
            "mult_adds_ratio": v.mult_adds_ratio,
        }
        for v in variants
    ]
    return document("layer", inputs=inputs, costs=costs)


def net_document(
    contrast: Contrast, terms: Terms, expand: bool, original: Contrast | None = None
) -> dict[str, Any]:
    """`dscalc net --format json`; with --as, `original` is the network beside its rewriting."""
    from dscalc.analysis.memory import peak_memory, traffic

    report, network, count = contrast.report, contrast.report.network, terms.count
    memory = peak_memory(report)
    rows = report.expanded() if expand else report.rows

    def layer(row: Row, moved: Traffic) -> dict[str, Any]:
        return {
            "name": row.name,
            "kind": row.kind,
            "line": row.line,
            "input": _shape(row.input),
            "output": _shape(row.output),
            **_params_and_mult_adds(row.cost, count),
            "params_ratio": contrast.ratios(row, count).params,
            "mult_adds_ratio": contrast.ratios(row, count).mult_adds,
            "memory": _traffic(moved),
        }

    return document(
        "net",
        network=network.name,
        file=network.file,
        alpha=network.alpha,
        rho=network.rho,
        input=_shape(network.input),
        count=count,
        layers=[layer(*pair) for pair in zip(rows, traffic(memory, rows, terms), strict=True)],
        by_kind={k: _params_and_mult_adds(cost, count) for k, cost in report.by_kind().items()},
        total=_total(report.total, count),
        standard=_params_and_mult_adds(contrast.other.total, count),
        reduction=contrast.reduction(count)._asdict(),
        memory=_memory(report, memory, terms),
        **({} if original is None else _what_if(original, count)),
    )


def _traffic(moved: Traffic) -> dict[str, Any]:
    return {
        "in_bytes": moved.taken,
        "out_bytes": moved.made,
        "peak_bytes": moved.peak,
        "weight_bytes": moved.weights,
        "mult_adds_per_byte": moved.intensity,
    }


def _memory(report: Report, memory: Memory, terms: Terms) -> dict[str, Any]:
    from dscalc.analysis.terms import bytes_of

    return {
        "dtype": terms.dtype,
        "weight_dtype": terms.of_weights,
        "peak_elements": memory.peak,
        "peak_bytes": bytes_of(memory.peak, terms.dtype),
        "peak_layer": memory.at,
        "weight_bytes": bytes_of(report.total.params(terms.count), terms.of_weights),
    }


def _what_if(original: Contrast, count: Count) -> dict[str, Any]:
    """What the network and each of its layers were before they were rewritten."""
    layers = [
        {"name": row.name, **_params_and_mult_adds(original.before(row), count)}
        for row in original.other.rows
    ]
    total = _params_and_mult_adds(original.report.total, count)
    return {"original": {**total, "layers": layers}}


def _params_and_mult_adds(cost: Cost, count: Count) -> dict[str, int]:
    return {"params": cost.params(count), "mult_adds": cost.mult_adds}


def _total(cost: Cost, count: Count) -> dict[str, int]:
    return {"params": cost.params(count), **cost._asdict()}


def list_document(reports: Sequence[tuple[str, Report]]) -> dict[str, Any]:
    """`dscalc list --format json`."""
    networks = [
        {
            "network": name,
            "input": _shape(report.network.input),
            "source": report.network.source,
            **_total(report.total, "trainable"),
        }
        for name, report in reports
    ]
    return document("list", networks=networks)


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
    return document("verify", figures=figures, explained=all(f.explained for _, f in findings))


def check_document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """`dscalc check --format json`."""
    from dscalc.analysis.budget import verdict

    checks = [check for outcome in outcomes for check in outcome.checks]
    listed = [
        {
            "id": check.id,
            "network": check.network,
            "scope": check.scope,
            "metric": check.metric,
            "kind": check.kind,
            "actual": check.actual,
            "limit": check.limit,
            "base": check.base,
            "delta": check.delta,
            "status": check.status,
            "file": check.file,
            "line": check.line,
            "message": check.message,
            "budget": str(check.place) if check.place else None,
        }
        for check in checks
    ]
    return document("check", verdict=verdict(checks), checks=listed)


def diff_document(differences: Sequence[Difference]) -> dict[str, Any]:
    """`dscalc diff --format json`."""

    def totals(version: Version | None) -> dict[str, int] | None:
        return None if version is None else version.totals._asdict()

    def layer(change: Change) -> dict[str, Any]:
        base, head = (
            {"params": None, "mult_adds": None} if side is None else side.totals._asdict()
            for side in (change.base, change.head)
        )
        figures = {m: {"base": base[m], "head": head[m]} for m in ("params", "mult_adds")}
        return {"name": change.name, "status": change.status, **figures}

    networks = [
        {
            "network": difference.network,
            "base": totals(difference.base),
            "head": totals(difference.head),
            "layers": [layer(change) for change in difference.changes],
        }
        for difference in differences
    ]
    return document("diff", networks=networks)


def as_json(document: dict[str, Any]) -> str:
    """The document in ASCII; a runner's "##[command]" inside a name is broken by an escape."""
    import json
    import re

    text = json.dumps(document, indent=2, allow_nan=False)
    return re.sub(r"##(?=\w*\[)", r"#\\u0023", text) + "\n"
