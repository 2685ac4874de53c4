"""`dscalc sweep`: networks over a grid of α and resolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dscalc.commands.options import (
    AlphasOption,
    FormatOption,
    LimitOptions,
    NetworksArgument,
    PlotOption,
    ResolutionsOption,
    TermsOptions,
)

if TYPE_CHECKING:
    from dscalc.render.grid import Grid


def sweep(
    networks: NetworksArgument,
    limits: LimitOptions,
    terms: TermsOptions,
    alpha: AlphasOption = "1.0",
    resolution: ResolutionsOption = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Every point in the table, however many there are.")
    ] = False,
    plot: PlotOption = None,
    form: FormatOption = "table",
) -> None:
    """Parameters, mult-adds and memory at many α and resolutions, Pareto-best points marked."""
    from dscalc.analysis.sweep import Sweep, grid_size, points, series
    from dscalc.commands.output import show
    from dscalc.commands.progress import watched
    from dscalc.language.files import load
    from dscalc.quantities import decimals, sides

    alphas = decimals(alpha, "--alpha")
    resolutions = () if resolution is None else sides(resolution, "--resolution")
    within = {key: limit.whole for key, limit in limits.items()}
    each = grid_size(len(networks), alphas, resolutions)
    if plot is not None:
        from dscalc.render.plots import check_destination

        check_destination(plot)
    measured = [
        series(network, watched(points(network, alphas, resolutions), each), within, terms)
        for network in map(load, networks)
    ]
    found = Sweep(tuple(measured), within, terms)
    if plot is not None:
        from dscalc.render.plots import plot_sweep

        plot_sweep(found, plot)

    def document() -> dict[str, Any]:
        from dscalc.render.explore_documents import sweep_document

        return sweep_document(found)

    def grids() -> list[Grid]:
        from dscalc.render.explore_views import sweep_grids

        return sweep_grids(found, every=show_all or form == "csv")

    show(form, document, grids)
