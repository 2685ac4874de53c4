"""`dscalc fit`: the largest α at each resolution that keeps every limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from dscalc.commands.options import (
    VERDICT,
    FormatOption,
    LimitOptions,
    NetworksArgument,
    ResolutionsOption,
    TermsOptions,
)

if TYPE_CHECKING:
    from dscalc.render.grid import Grid


def fit(
    networks: NetworksArgument,
    limits: LimitOptions,
    terms: TermsOptions,
    resolution: ResolutionsOption = None,
    form: FormatOption = "table",
) -> None:
    """The largest α that keeps every limit, to the last step of channels; exit code 1 if none."""
    from dscalc.analysis.fit import best_first
    from dscalc.analysis.fit import fit as fits_of
    from dscalc.commands.output import show
    from dscalc.language.files import load
    from dscalc.quantities import sides

    within = {key: limit.whole for key, limit in limits.items()}
    resolutions = () if resolution is None else sides(resolution, "--resolution")
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
