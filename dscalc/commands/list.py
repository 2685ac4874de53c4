"""`dscalc list`: the shipped networks."""

from __future__ import annotations

from dscalc.commands.options import FormatOption


def list_networks(form: FormatOption = "table") -> None:
    """The shipped networks with their totals."""
    from dscalc.commands.output import show
    from dscalc.language.files import load, shipped_names
    from dscalc.law.network import measure
    from dscalc.render import documents, views

    reports = [(name, measure(load(name))) for name in shipped_names()]
    show(form, lambda: documents.list_document(reports), lambda: views.list_grids(reports))
