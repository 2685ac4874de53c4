"""`dscalc net`: a whole network, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dscalc.commands.options import (
    AlphaOption,
    CountOption,
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
    what_if: Annotated[
        Literal["standard", "separable"] | None,
        typer.Option("--as", help="What if its convolutions were standard, or separable?"),
    ] = None,
    stem: Annotated[
        bool, typer.Option("--stem", help="With --as separable: the first convolution too.")
    ] = False,
    expand: Annotated[
        bool, typer.Option("--expand", help="Show a separable layer as its two.")
    ] = False,
    count: CountOption = "trainable",
    form: FormatOption = "table",
) -> None:
    """What a network costs, layer by layer, and what standard convolutions would have cost."""
    from dscalc.contrast import contrast, contrast_with_standard
    from dscalc.files import load
    from dscalc.output import show
    from dscalc.rewrite import scale, to_separable, to_standard

    scaled = scale(load(network), alpha=alpha, rho=rho, resolution=resolution(side))
    if what_if is None:
        asked, original = scaled, None
    else:
        standard = what_if == "standard"
        asked = to_standard(scaled) if standard else to_separable(scaled, stem=stem)
        original = contrast(scaled, asked)
    against_standard = contrast_with_standard(asked)

    def document() -> dict[str, Any]:
        from dscalc.render.documents import net_document

        return net_document(against_standard, count, expand, original)

    def grids() -> list[Grid]:
        from dscalc.render.views import net_grids, what_if_grids

        if what_if is not None and original is not None:
            return what_if_grids(original, count, what_if)
        return net_grids(against_standard, count, expand)

    show(form, document, grids)
