"""`dscalc net`: a whole network, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dscalc.commands.options import (
    FormatOption,
    NetworkArgument,
    PlotOption,
    SettingOptions,
    TermsOptions,
)
from dscalc.errors import DscalcError

if TYPE_CHECKING:
    from dscalc.render.grid import Grid


def net(
    network: NetworkArgument,
    setting: SettingOptions,
    terms: TermsOptions,
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
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="NAME,…",
            help="Only these columns, or +these besides: memory_in, memory_out, peak, "
            "weight_bytes, intensity.",
        ),
    ] = None,
    plot: PlotOption = None,
    form: FormatOption = "table",
) -> None:
    """What a network costs, layer by layer, and what standard convolutions would have cost."""
    from dscalc.analysis.what_if import contrast, contrast_with_standard
    from dscalc.commands.output import show
    from dscalc.language.files import load
    from dscalc.law.rewrite import to_separable, to_standard
    from dscalc.law.setting import apply

    if stem and what_if != "separable":
        raise DscalcError("--stem goes with --as separable")
    if columns is not None:
        from dscalc.render.net_view import check_columns

        check_columns(columns)
        if what_if is not None:
            raise DscalcError("--as has columns of its own; leave out --columns")
    if plot is not None:
        from dscalc.render.plots import check_destination

        check_destination(plot)
    scaled = apply(load(network), setting)
    if what_if is None:
        asked, original = scaled, None
    else:
        standard = what_if == "standard"
        asked = to_standard(scaled) if standard else to_separable(scaled, stem=stem)
        original = contrast(scaled, asked)
    against_standard = contrast_with_standard(asked)

    if plot is not None:
        from dscalc.render.plots import plot_net

        plot_net(against_standard.report, terms, plot)

    def document() -> dict[str, Any]:
        from dscalc.render.documents import net_document

        return net_document(against_standard, terms, expand, original)

    def grids() -> list[Grid]:
        if what_if is not None and original is not None:
            from dscalc.render.views import what_if_grids

            return what_if_grids(original, terms.count, what_if)
        from dscalc.render.net_view import net_grids

        return net_grids(against_standard, terms, expand, columns)

    show(form, document, grids)
