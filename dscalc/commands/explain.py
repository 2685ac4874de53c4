"""`dscalc explain`: layers of a network, their costs written out, and what stands around one."""

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
    setting: SettingOptions,
    output: OutputOptions,
    layer: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LAYER]...",
            help="As `dscalc net`, or net --expand, names them; all of them where none is named.",
            autocompletion=layers,
        ),
    ] = None,
) -> None:
    """Layers of a network: formulas in numbers, shares, neighbours.

    Examples:
      dscalc explain mobilenet separable2
      dscalc explain mobilenet separable2.depthwise
      dscalc explain mobilenet --alpha 0.75
    """
    from dscalc.analysis.neighbours import find
    from dscalc.analysis.origins import origins
    from dscalc.commands.output import show
    from dscalc.law.network import measure
    from dscalc.models.source import load_at
    from dscalc.render.explain import Told, explain_answer

    report = measure(load_at(network, setting))
    names = layer or [row.name for row in report.rows]
    told = [Told(one := find(report, name), origins(report.network, one.name)) for name in names]
    show(explain_answer(told, report), output)
