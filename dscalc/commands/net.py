"""`dscalc net`: a whole network, layer by layer."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from dscalc.commands.completion import columns as columns_of
from dscalc.commands.options import (
    OUTPUT,
    FormOption,
    NetworkArgument,
    OutputOptions,
    PlotOption,
    SettingOptions,
    StemOption,
    TermsOptions,
    converted,
)
from dscalc.errors import DscalcError


def net(
    network: NetworkArgument,
    setting: SettingOptions,
    terms: TermsOptions,
    output: OutputOptions,
    what_if: FormOption = None,
    stem: StemOption = False,
    expand: Annotated[
        bool,
        typer.Option("--expand", help="Show a separable layer as its two.", rich_help_panel=OUTPUT),
    ] = False,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="NAME,…",
            autocompletion=columns_of,
            help="Only these columns, or +these besides: k, stride, receptive_field, flops, "
            "memory_in, memory_out, peak, weight_bytes, intensity.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    plot: PlotOption = None,
) -> None:
    """A network layer by layer, beside one of standard convolutions.

    Examples:
      dscalc net mobilenet --alpha 0.5 --resolution 160
      dscalc net mobilenet --columns +k,+stride,+peak --dtype int8
      dscalc net resnet50 --as separable --plot resnet50.svg
    """
    from dscalc.analysis.what_if import contrast, contrast_with_standard
    from dscalc.commands.output import show
    from dscalc.law.setting import apply
    from dscalc.models.source import load_file

    if columns is not None:
        from dscalc.render.net_grids import check_columns

        check_columns(columns)
        if what_if is not None:
            raise DscalcError("--as has columns of its own; leave out --columns")
    if plot is not None:
        from dscalc.render.drawing import check_destination

        check_destination(plot)
    file = load_file(network, dict(setting.inputs))
    scaled = apply(file.network, setting)
    asked = converted(scaled, what_if, stem)
    standard = contrast_with_standard(asked, terms.count)
    between = None if what_if is None else contrast(scaled, asked, terms.count)
    if plot is not None:
        from dscalc.render.drawing import draw
        from dscalc.render.plot_net import net_scene, what_if_scene

        if what_if is None or between is None:
            draw(net_scene(standard.report, terms, expand), plot)
        else:
            draw(what_if_scene(between, terms, what_if), plot)
    if what_if is None or between is None:
        from dscalc.language.files import top1_at
        from dscalc.render.net import net_answer

        told = partial(top1_at, network, file, scaled)
        show(net_answer(standard, terms, told, expand, columns), output)
    else:
        from dscalc.render.what_if import what_if_answer

        show(what_if_answer(between, standard, terms, expand, what_if), output)
