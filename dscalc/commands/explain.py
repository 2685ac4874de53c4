"""`dscalc explain`: one layer of a network, its costs written out, and what stands around it."""

from __future__ import annotations

from typing import Annotated

import typer

from dscalc.commands.completion import layers
from dscalc.commands.options import (
    NetworkArgument,
    OutputOptions,
    SettingOptions,
)


def explain(
    network: NetworkArgument,
    layer: Annotated[
        str,
        typer.Argument(
            metavar="LAYER",
            help="As `dscalc net`, or net --expand, names it.",
            autocompletion=layers,
        ),
    ],
    setting: SettingOptions,
    output: OutputOptions,
) -> None:
    """One layer: its formulas in numbers, its share, its neighbours.

    Examples:
      dscalc explain mobilenet separable2
      dscalc explain mobilenet separable2.depthwise
    """
    from dscalc.analysis.neighbours import find
    from dscalc.analysis.origins import origins
    from dscalc.commands.output import show
    from dscalc.law.network import measure
    from dscalc.models.source import load_at
    from dscalc.render.explain import explain_answer

    report = measure(load_at(network, setting))
    found = find(report, layer)
    show(explain_answer(found, report, origins(report.network, found.name)), output)
