"""`dscalc sweep`: networks over a grid of α and resolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dscalc.commands.given import given_inputs, given_parameters
from dscalc.commands.options import (
    OUTPUT,
    DepthOption,
    InputsOption,
    OutputOptions,
    ParametersOption,
    PlotOption,
    TermsOptions,
)
from dscalc.commands.search_options import (
    AlphasOption,
    LimitOptions,
    NetworksArgument,
    ResolutionsOption,
    RhosOption,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dscalc.analysis.sweep import Point
    from dscalc.law.network import Network


def sweep(
    networks: NetworksArgument,
    limits: LimitOptions,
    terms: TermsOptions,
    output: OutputOptions,
    alpha: AlphasOption = "1.0",
    resolution: ResolutionsOption = None,
    rho: RhosOption = None,
    depth: DepthOption = 1.0,
    parameters: ParametersOption = None,
    inputs: InputsOption = None,
    show_all: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Every point in the table, however many there are.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    plot: PlotOption = None,
) -> None:
    """Networks at many α and resolutions, the best points marked.

    Examples:
      dscalc sweep mobilenet --alpha 0.25:1:0.25 --resolution 128:224:32
      dscalc sweep mobilenet mobilenet_v2 --alpha 0.5,1 --max-mult-adds 150M
    """
    from dscalc.analysis.series import Points, Sweep, series
    from dscalc.analysis.sweep import grid_size, points
    from dscalc.commands.output import show
    from dscalc.commands.progress import watched
    from dscalc.commands.published import with_top1
    from dscalc.law.setting import Setting
    from dscalc.quantities import decimals, sides
    from dscalc.render.sweep import sweep_answer

    alphas = decimals(alpha, "--alpha")
    resolutions = () if resolution is None else sides(resolution, "--resolution")
    within = {key: limit.whole for key, limit in limits.items()}
    rhos = () if rho is None else decimals(rho, "--rho")
    each = grid_size(len(networks), alphas, resolutions or rhos)
    if plot is not None:
        from dscalc.render.drawing import check_destination
        from dscalc.render.plot_sweep import check_drawable

        check_destination(plot)
        check_drawable(len(networks), each * len(networks))
    setting = Setting(
        depth=depth, parameters=given_parameters(parameters), inputs=given_inputs(inputs)
    )
    asked = [with_top1(name, setting) for name in networks]

    def points_of(network: Network) -> Points:
        def measured(alphas: Sequence[float]) -> Iterator[Point]:
            found = points(network, alphas, resolutions, rhos, terms)
            return watched(found, f"measuring points of {network.name}:", each)

        return Points(measured, alphas, each // len(alphas), len(networks))

    found = [series(one, points_of(one), within, terms, top1) for one, top1 in asked]
    swept = Sweep(tuple(found), within, terms)
    if plot is not None:
        from dscalc.render.drawing import draw
        from dscalc.render.plot_sweep import sweep_scene

        draw(sweep_scene(swept), plot)

    show(sweep_answer(swept, every=show_all), output)
