"""What stands above the layers of a network: its totals in large numbers."""

from __future__ import annotations

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.terms import Terms
from dscalc.analysis.what_if import Contrast, cost_ratios
from dscalc.law.network import Report
from dscalc.render.grid import Fact, Page, shown
from dscalc.render.plot_net import net_scene, what_if_scene
from dscalc.render.words import COUNTED


def net_page(contrast: Contrast, terms: Terms, expand: bool) -> Page:
    """A network beside its standard form."""
    fewer = shown(contrast.reduction(terms.count).mult_adds, "fewer")
    compared = [Fact(fewer, "mult-adds than with standard convolutions")] if fewer else []
    return Page(
        [*network_facts(contrast.report, terms), *compared],
        scene=lambda: net_scene(contrast.report, terms, expand),
    )


def what_if_page(contrast: Contrast, terms: Terms, form: str) -> Page:
    """A rewritten network beside what it was."""
    ratios = cost_ratios(contrast.other.total, contrast.report.total, terms.count)
    compared = [
        Fact(shown(ratio, "fewer"), f"{word} than before")
        for ratio, word in ((ratios.params, "parameters"), (ratios.mult_adds, "mult-adds"))
        if ratio
    ]
    return Page(
        [*network_facts(contrast.other, terms), *compared],
        scene=lambda: what_if_scene(contrast, terms, form),
    )


def network_facts(report: Report, terms: Terms) -> list[Fact]:
    """What a network costs, in every figure."""
    labels = {
        "params": COUNTED[terms.count],
        "mult_adds": "mult-adds",
        "memory": f"bytes of {terms.dtype} activations ({terms.memory})",
        "size": f"bytes of {terms.of_weights} parameters"
        + ("" if terms.size == "params" else f" ({terms.size})"),
    }
    return [Fact(f"{FIGURES[key].of_report(report, terms):,}", labels[key]) for key in labels]
