"""`dscalc layer`: one convolution from flags, compared with its other forms."""

from __future__ import annotations

from typing import Annotated

import typer

from dscalc.commands.options import (
    AlphaOption,
    OutputOptions,
    RhoOption,
    padding,
    sizes,
    whole,
)


def layer(
    output: OutputOptions,
    m: Annotated[str, typer.Option("--m", "--in-channels", metavar="M", help="Input channels.")],
    n: Annotated[str, typer.Option("--n", "--out-channels", metavar="N", help="Output channels.")],
    df: Annotated[
        str | None, typer.Option("--df", "--input", metavar="D_F", help="Input side: 64, or 32x48.")
    ] = None,
    k: Annotated[
        str, typer.Option("--k", "--kernel", metavar="D_K", help="Kernel side: 3, or 3x5.")
    ] = "3",
    g: Annotated[str, typer.Option("--g", "--groups", metavar="G", help="Groups.")] = "1",
    stride: Annotated[str, typer.Option("--stride", metavar="S", help="Stride.")] = "1",
    pad: Annotated[
        str,
        typer.Option(
            "--padding", metavar="P", help="same, valid, causal (1-D), or a number per axis."
        ),
    ] = "same",
    dilation: Annotated[str, typer.Option("--dilation", metavar="D", help="Dilation.")] = "1",
    bias: Annotated[bool, typer.Option("--bias", help="Every convolution has a bias.")] = False,
    multiplier: Annotated[
        str, typer.Option("--multiplier", metavar="X", help="Depthwise filters per input channel.")
    ] = "1",
    alpha: AlphaOption = 1.0,
    rho: RhoOption = 1.0,
    dims: Annotated[
        int | None, typer.Option("--dims", metavar="1|2|3", help="Axes of the feature map.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Write out each cost: formula, numbers, result.")
    ] = False,
) -> None:
    """What one convolution costs as standard, group, depthwise, pointwise and separable."""
    from dscalc.analysis.forms import ask, compare_layer
    from dscalc.commands.output import show
    from dscalc.render.layer import layer_answer

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

    show(layer_answer(question, variants, alpha, rho, explain), output)
