"""`dscalc list`: the shipped networks."""

from __future__ import annotations

from dscalc.commands.options import OutputOptions


def list_networks(output: OutputOptions) -> None:
    """The shipped networks with their totals."""
    from dscalc.commands.output import show
    from dscalc.language.files import load, shipped_names
    from dscalc.law.network import measure
    from dscalc.render.list import list_answer

    show(list_answer([(name, measure(load(name))) for name in shipped_names()]), output)
