"""`dscalc fit`: the largest α at each resolution that keeps every limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from dscalc.commands.exploring import (
    MaxMultAddsOption,
    MaxParamsOption,
    NetworksArgument,
    ResolutionsOption,
    limits,
)
from dscalc.commands.options import (
    VERDICT,
    CountOption,
    DtypeOption,
    FormatOption,
    MaxMemoryOption,
    MaxSizeOption,
    WeightDtypeOption,
)

if TYPE_CHECKING:
    from dscalc.render.grid import Grid


def fit(
    networks: NetworksArgument,
    max_mult_adds: MaxMultAddsOption = None,
    max_params: MaxParamsOption = None,
    max_memory: MaxMemoryOption = None,
    max_size: MaxSizeOption = None,
    resolution: ResolutionsOption = None,
    count: CountOption = "trainable",
    dtype: DtypeOption = "float32",
    weight_dtype: WeightDtypeOption = None,
    form: FormatOption = "table",
) -> None:
    """The largest α that keeps every limit, to the last step of channels; exit code 1 if none."""
    from dscalc.analysis.fit import best_first
    from dscalc.analysis.fit import fit as fits_of
    from dscalc.analysis.terms import Terms
    from dscalc.commands.output import show
    from dscalc.language.files import load
    from dscalc.quantities import sides

    within = limits(
        {
            "params": max_params,
            "mult_adds": max_mult_adds,
            "memory": max_memory,
            "size": max_size,
        }
    )
    resolutions = () if resolution is None else sides(resolution, "--resolution")
    terms = Terms(count, dtype, weight_dtype)
    loaded = [load(name) for name in networks]
    found = best_first(
        fit for network in loaded for fit in fits_of(network, within, resolutions, terms)
    )

    def document() -> dict[str, Any]:
        from dscalc.render.explore_documents import fit_document

        return fit_document(found, within, terms)

    def grids() -> list[Grid]:
        from dscalc.render.explore_views import fit_grids

        return fit_grids(found, within, terms)

    show(form, document, grids)
    if not any(fit.fits for fit in found):
        raise typer.Exit(VERDICT)
