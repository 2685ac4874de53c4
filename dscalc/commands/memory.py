"""`dscalc memory`: where every tensor of a network stands in memory, and for how long."""

from __future__ import annotations

from dscalc.commands.options import (
    NetworkArgument,
    OutputOptions,
    PlotOption,
    SettingOptions,
    TermsOptions,
)


def memory(
    network: NetworkArgument,
    setting: SettingOptions,
    terms: TermsOptions,
    output: OutputOptions,
    plot: PlotOption = None,
) -> None:
    """Where every tensor of a network stands in memory, and when.

    Examples:
      dscalc memory mobilenet --dtype int8
      dscalc memory mobilenet --dtype int8 --memory arena
    """
    from dscalc.analysis.planned import memory_map
    from dscalc.commands.output import show
    from dscalc.law.network import measure
    from dscalc.models.source import load_at
    from dscalc.render.memory import memory_answer

    if plot is not None:
        from dscalc.render.drawing import check_destination

        check_destination(plot)
    report = measure(load_at(network, setting))
    found = memory_map(report, terms)
    if plot is not None:
        from dscalc.render.drawing import draw
        from dscalc.render.plot_memory import memory_scene

        draw(memory_scene(report, found), plot)
    show(memory_answer(report, found, terms), output)
