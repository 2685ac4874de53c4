"""`dscalc net`: a whole network, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from dscalc.commands.options import (
    OUTPUT,
    NetworkArgument,
    OutputOptions,
    PlotOption,
    SettingOptions,
    TermsOptions,
)
from dscalc.errors import DscalcError

if TYPE_CHECKING:
    from dscalc.law.network import Network

Form: TypeAlias = Literal["standard", "separable"]
"""What all convolutions can be rewritten as."""


def net(
    network: NetworkArgument,
    setting: SettingOptions,
    terms: TermsOptions,
    output: OutputOptions,
    what_if: Annotated[
        Form | None,
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
            help="Only these columns, or +these besides: flops, memory_in, memory_out, "
            "peak, weight_bytes, intensity.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    plot: PlotOption = None,
) -> None:
    """What a network costs, layer by layer, and what standard convolutions would have cost."""
    from dscalc.analysis.what_if import contrast, contrast_with_standard
    from dscalc.commands.output import show
    from dscalc.language.files import load
    from dscalc.law.setting import apply

    if stem and what_if != "separable":
        raise DscalcError("--stem goes with --as separable")
    if columns is not None:
        from dscalc.render.net import check_columns

        check_columns(columns)
        if what_if is not None:
            raise DscalcError("--as has columns of its own; leave out --columns")
    if plot is not None:
        from dscalc.render.plots import check_destination

        check_destination(plot)
    scaled = apply(load(network), setting)
    asked = _rewritten(scaled, what_if, stem)
    standard = contrast_with_standard(asked)
    if plot is not None:
        from dscalc.render.plots import plot_net

        plot_net(standard.report, terms, plot)
    if what_if is None:
        from dscalc.render.net import net_answer

        show(net_answer(standard, terms, expand, columns), output)
    else:
        from dscalc.render.what_if import what_if_answer

        show(what_if_answer(contrast(scaled, asked), standard, terms, expand, what_if), output)


def _rewritten(network: Network, form: Form | None, stem: bool) -> Network:
    """The network with other convolutions, if any are asked for."""
    from dscalc.law.rewrite import to_separable, to_standard

    if form is None:
        return network
    return to_standard(network) if form == "standard" else to_separable(network, stem=stem)
