"""What several answers say alike: which parameters are counted, a network's title, sizes."""

from __future__ import annotations

from collections.abc import Sequence

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.terms import SIZE_RULES, USUAL, Terms
from dscalc.law.fields import Padding
from dscalc.law.layer import Count
from dscalc.law.network import Network, Report
from dscalc.render.grid import shown

COUNTED: dict[Count, str] = {
    "weights": "weights only",
    "trainable": "trainable parameters",
    "total": "all parameters, norm statistics included",
    "folded": "parameters with norms folded",
}


def net_title(report: Report, count: Count) -> str:
    """A network with its multipliers, its input, and which parameters are counted."""
    return f"{network_title(report)} · {COUNTED[count]}"


def network_title(report: Report) -> str:
    """A network with its multipliers and its input."""
    network = report.network
    parts = [network.name]
    if network.alpha != 1.0:
        parts.append(f"α {shown(network.alpha, 'factor')}")
    if network.depth != 1.0:
        parts.append(f"depth {shown(network.depth, 'factor')}")
    if network.rho != 1.0:
        short = f"{network.rho:.3g}"  # where it follows from a resolution it may have no end
        parts.append(f"ρ {short if float(short) != 1 else shown(network.rho, 'factor')}")
    shapes = network.inputs
    told = [str(shape) if len(shapes) == 1 else f"{name} {shape}" for name, shape in shapes.items()]
    return " · ".join([*parts, f"input {', '.join(told)}"])


def sides_text(sides: Sequence[int]) -> str:
    """224 for a square, 160×128 for what is none."""
    return str(sides[0]) if len(set(sides)) == 1 else "×".join(map(str, sides))


def terms_text(terms: Terms) -> str:
    """The conventions of a report, said once."""
    weights = "" if terms.of_weights == terms.dtype else f", weights {terms.of_weights}"
    return f"{COUNTED[terms.count]} · {terms.dtype}{weights}"


def of_file_notes(network: Network, terms: Terms, scaled: bool = False) -> list[str]:
    """Whose tensors an arena is planned of, where a model file has its own, and what it lacks.

    `scaled` at any α.
    """
    if terms.memory != "arena":
        return []
    lacks = [f"{capital(network.unplanned)}."] if network.unplanned else []
    if network.lives is None:
        return lacks
    if scaled:
        told = "A model file's arena is planned as it stands at α 1, elsewhere of its layers."
        return [told, *lacks]
    if network.as_read:
        return ["Planned as the file stands: its own operators, their order and types."]
    return ["Planned of its layers, in the type that most of the file's own maps have.", *lacks]


def arena_notes(report: Report, terms: Terms) -> list[str]:
    """What of an arena is not to the byte, and whose tensors it is planned of."""
    notes = of_file_notes(report.network, terms)
    as_it_stands = report.network.lives is not None and report.network.as_read
    if terms.memory != "arena" or as_it_stands:
        return notes
    from dscalc.analysis.folding import norms_at_run_time

    count = norms_at_run_time(report)
    if not count:
        return notes
    who = "1 norm follows" if count == 1 else f"{count} norms follow"
    told = "the map itself, planned as a product and a sum; converters make more operators of that."
    return [*notes, f"{who} {told}"]


def size_note(report: Report, terms: Terms) -> str:
    """What storage a network needs, by the rule and in the type asked for."""
    size = FIGURES["size"].of_report(report, terms)
    counted = "" if terms.count == USUAL.count else f" ({COUNTED[terms.count]})"
    rule = f" of parameters{counted}" if terms.size == "params" else f": {SIZE_RULES[terms.size]}"
    told = f"Size in {terms.of_weights}: {size:,} bytes{rule}."
    if terms.size != "flash":
        return told
    from dscalc.analysis.storage import besides

    return f"{told} Names and structure of a file take about {besides(report, terms):,} more."


def sizes_text(value: Padding) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)


def capital(text: str) -> str:
    """The text with its first letter as one that begins a sentence."""
    return text[:1].upper() + text[1:]
