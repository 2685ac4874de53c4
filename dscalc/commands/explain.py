"""`dscalc explain`: one layer of a network, its costs written out, and what stands around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dscalc.commands.options import (
    FormatOption,
    NetworkArgument,
    SettingOptions,
)

if TYPE_CHECKING:
    from dscalc.render.grid import Grid


def explain(
    network: NetworkArgument,
    layer: Annotated[
        str, typer.Argument(metavar="LAYER", help="As `dscalc net`, or net --expand, names it.")
    ],
    setting: SettingOptions,
    form: FormatOption = "table",
) -> None:
    """One layer of a network: its formulas, numbers, share of the whole, and its neighbours."""
    from dscalc.analysis.neighbours import find
    from dscalc.commands.output import show
    from dscalc.language.files import load
    from dscalc.law.network import measure
    from dscalc.law.setting import apply

    report = measure(apply(load(network), setting))
    found = find(report, layer)

    def document() -> dict[str, Any]:
        from dscalc.render.explore_documents import explain_document

        return explain_document(found, report)

    def grids() -> list[Grid]:
        from dscalc.render.explain_view import explain_grids

        return explain_grids(found, report)

    show(form, document, grids)
