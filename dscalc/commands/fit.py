"""`dscalc fit`: the largest α at each resolution that keeps every limit."""

from __future__ import annotations

import typer

from dscalc.commands.given import given_inputs, given_parameters
from dscalc.commands.options import (
    VERDICT,
    DepthOption,
    InputsOption,
    OutputOptions,
    ParametersOption,
    TermsOptions,
)
from dscalc.commands.search_options import (
    LimitOptions,
    NetworksArgument,
    ResolutionsOption,
    RhosOption,
)


def fit(
    networks: NetworksArgument,
    limits: LimitOptions,
    terms: TermsOptions,
    output: OutputOptions,
    resolution: ResolutionsOption = None,
    rho: RhosOption = None,
    depth: DepthOption = 1.0,
    parameters: ParametersOption = None,
    inputs: InputsOption = None,
) -> None:
    """The largest α that keeps every limit, at each resolution.

    To the last step of channels. Exit code 1 where nothing fits.

    Examples:
      dscalc fit mobilenet --max-mult-adds 150M
      dscalc fit mobilenet_v2 --resolution 96:224:32 --dtype int8 --max-memory 512kB
    """
    from dscalc.analysis.fit import best_first
    from dscalc.analysis.fit import fit as fits_of
    from dscalc.commands.output import show
    from dscalc.commands.published import with_top1
    from dscalc.law.setting import Setting
    from dscalc.quantities import decimals, sides
    from dscalc.render.fit import fit_answer

    within = {key: limit.whole for key, limit in limits.items()}
    resolutions = () if resolution is None else sides(resolution, "--resolution")
    rhos = () if rho is None else decimals(rho, "--rho")
    setting = Setting(
        depth=depth, parameters=given_parameters(parameters), inputs=given_inputs(inputs)
    )
    asked = [with_top1(name, setting) for name in networks]
    found = best_first(
        fit._replace(top1=fit.published(top1))
        for network, top1 in asked
        for fit in fits_of(network, within, resolutions, terms, rhos)
    )

    show(fit_answer(found, within, terms), output)
    if not any(fit.fits for fit in found):
        raise typer.Exit(VERDICT)
