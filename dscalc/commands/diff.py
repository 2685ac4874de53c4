"""`dscalc diff`: two versions of networks, layer by layer, without a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dscalc.commands.completion import versions
from dscalc.commands.options import (
    SETTING,
    CountOption,
    OutputOptions,
    PlotOption,
    SettingOptions,
)
from dscalc.commands.output import Output

if TYPE_CHECKING:
    from dscalc.language.budget_file import Entry


def diff(
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD",
            help="A network file, a JSON report, REV:path, or a git revision of all networks; "
            "with --log the network, or REV..REV before it.",
            autocompletion=versions,
        ),
    ],
    setting: SettingOptions,
    output: OutputOptions,
    new: Annotated[
        str | None,
        typer.Argument(
            metavar="[NEW]", help="The same; the work tree if left out.", autocompletion=versions
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="The networks to compare between revisions.",
            rich_help_panel=SETTING,
        ),
    ] = None,
    count: CountOption = "trainable",
    log: Annotated[
        bool,
        typer.Option(
            "--log",
            help="One network at every commit that touched it.",
            rich_help_panel=SETTING,
        ),
    ] = False,
    plot: PlotOption = None,
) -> None:
    """What changed between two versions of networks, layer by layer.

    Examples:
      dscalc diff mobilenet mobilenet_v2 --plot diff.svg
      dscalc diff HEAD
      dscalc diff --log nets/detector.yaml
    """
    from dscalc.analysis.terms import Terms
    from dscalc.check.differences import differences
    from dscalc.commands.output import show
    from dscalc.language.budget_file import Entry
    from dscalc.render.diff import diff_answer

    asked = Entry("", setting, Terms(count))
    if log:
        span, network = ("HEAD", old) if new is None else (old, new)
        _show_history(span, asked._replace(file=network), output, plot)
        return
    if plot is not None:
        from dscalc.render.drawing import check_destination

        check_destination(plot)
    found = differences(old, new, config, asked, Path())
    if plot is not None:
        from dscalc.render.drawing import draw
        from dscalc.render.plot_diff import diff_scene

        draw(diff_scene(found), plot)
    show(diff_answer(found), output)


def _show_history(span: str, asked: Entry, output: Output, plot: str | None) -> None:
    """One network through its commits, as an answer and, if asked, as a picture."""
    from dscalc.check.history import history
    from dscalc.commands.output import show
    from dscalc.render.history import history_answer

    if plot is not None:
        from dscalc.render.drawing import check_destination

        check_destination(plot)
    found = history(span, asked)
    if plot is not None:
        from dscalc.render.drawing import draw
        from dscalc.render.plot_history import history_scene

        draw(history_scene(found), plot)
    show(history_answer(found), output)
