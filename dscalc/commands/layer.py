"""`dscalc layer`: one convolution from flags, compared with its other forms."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from dscalc.commands.given import padding, sizes, whole
from dscalc.commands.options import (
    OUTPUT,
    AlphaOption,
    OutputOptions,
    PlotOption,
    RhoOption,
)

CONVOLUTION = "The convolution"
"""The section of a help page that has what only this command asks."""
_option = partial(typer.Option, rich_help_panel=CONVOLUTION)


def layer(
    output: OutputOptions,
    m: Annotated[str, _option("--m", "--in-channels", metavar="M", help="Input channels.")],
    n: Annotated[str, _option("--n", "--out-channels", metavar="N", help="Output channels.")],
    df: Annotated[
        str | None, _option("--df", "--input", metavar="D_F", help="Input side: 64, or 32x48.")
    ] = None,
    k: Annotated[
        str, _option("--k", "--kernel", metavar="D_K", help="Kernel side: 3, or 3x5.")
    ] = "3",
    g: Annotated[str, _option("--g", "--groups", metavar="G", help="Groups.")] = "1",
    stride: Annotated[str, _option("--stride", metavar="S", help="Stride.")] = "1",
    pad: Annotated[
        str,
        _option("--padding", metavar="P", help="same, valid, causal (1-D), or a number per axis."),
    ] = "same",
    dilation: Annotated[str, _option("--dilation", metavar="D", help="Dilation.")] = "1",
    bias: Annotated[bool, _option("--bias", help="Every convolution has a bias.")] = False,
    multiplier: Annotated[
        str, _option("--multiplier", metavar="X", help="Depthwise filters per input channel.")
    ] = "1",
    alpha: AlphaOption = 1.0,
    rho: RhoOption = 1.0,
    dims: Annotated[
        int | None, _option("--dims", metavar="1|2|3", help="Axes of the feature map.")
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Write out each cost: formula, numbers, result.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    plot: PlotOption = None,
) -> None:
    """One convolution beside its depthwise and separable forms.

    Examples:
      dscalc layer --df 112 --m 32 --n 64
      dscalc layer --m 32 --n 64 --k 5 --explain
      dscalc layer --df 112 --m 32 --n 64 --plot kernels.svg
    """
    from dscalc.analysis.forms import ask, compare_layer
    from dscalc.commands.output import show
    from dscalc.render.layer import layer_answer

    if plot is not None:
        from dscalc.render.drawing import check_destination

        check_destination(plot)
    question = ask(
        m=whole(m, "--m"),
        n=whole(n, "--n"),
        df=None if df is None else sizes(df, "--df"),
        k=sizes(k, "--k"),
        g=whole(g, "--g"),
        stride=sizes(stride, "--stride"),
        padding=padding(pad),
        dilation=sizes(dilation, "--dilation"),
        bias=bias,
        multiplier=whole(multiplier, "--multiplier"),
        dims=dims,
    )
    variants = compare_layer(question, alpha, rho)
    if plot is not None:
        from dscalc.render.drawing import draw
        from dscalc.render.plot_layer import layer_scene

        draw(layer_scene(question, variants), plot)

    show(layer_answer(question, variants, alpha, rho, explain), output)
