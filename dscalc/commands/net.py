"""`dscalc net`: a whole network, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dscalc.commands.options import (
    AlphaOption,
    Counted,
    CountOption,
    Format,
    FormatOption,
    NetworkArgument,
    ResolutionOption,
    RhoOption,
    resolution,
)

if TYPE_CHECKING:
    from dscalc.render.grid import Grid


def net(
    network: NetworkArgument,
    alpha: AlphaOption = 1.0,
    rho: RhoOption = 1.0,
    side: ResolutionOption = None,
    expand: Annotated[
        bool, typer.Option("--expand", help="Show a separable layer as its two.")
    ] = False,
    count: CountOption = Counted.trainable,
    form: FormatOption = Format.table,
) -> None:
    """What a network costs, layer by layer, and what standard convolutions would have cost."""
    from dscalc.contrast import contrast_with_standard
    from dscalc.files import load
    from dscalc.output import show
    from dscalc.rewrite import scale

    scaled = scale(load(network), alpha=alpha, rho=rho, resolution=resolution(side))
    contrast = contrast_with_standard(scaled)

    def document() -> dict[str, Any]:
        from dscalc.render.documents import net_document

        return net_document(contrast, count.value, expand)

    def grids() -> list[Grid]:
        from dscalc.render.views import net_grids

        return net_grids(contrast, count.value, expand)

    show(form, document, grids)
