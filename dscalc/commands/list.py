"""`dscalc list`: the shipped networks."""

from __future__ import annotations

from dscalc.commands.options import OutputOptions


def list_networks(output: OutputOptions) -> None:
    """The networks that come with dscalc, with their totals.

    Examples:
      dscalc list
    """
    from dscalc.commands.output import show
    from dscalc.commands.progress import watched
    from dscalc.language.files import load
    from dscalc.language.shipped import shipped_names
    from dscalc.law.network import measure
    from dscalc.render.list import list_answer

    names = shipped_names()
    measured = watched(((name, measure(load(name))) for name in names), "networks:", len(names))
    show(list_answer(list(measured)), output)
