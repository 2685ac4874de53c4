"""`dscalc diff`: two versions of networks, layer by layer, without a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dscalc.commands.options import (
    CountOption,
    OutputOptions,
    SettingOptions,
)


def diff(
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD",
            help="A network file, a JSON report, REV:path, or a git revision of all networks.",
        ),
    ],
    setting: SettingOptions,
    output: OutputOptions,
    new: Annotated[
        str | None, typer.Argument(metavar="[NEW]", help="The same; the work tree if left out.")
    ] = None,
    config: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", help="The networks to compare between revisions."),
    ] = None,
    count: CountOption = "trainable",
) -> None:
    """What changed between two versions: layers added, removed, changed, and at what price."""
    from dscalc.analysis.terms import Terms
    from dscalc.check.differences import differences
    from dscalc.commands.output import show
    from dscalc.language.budget_file import Entry
    from dscalc.render.diff import diff_answer

    asked = Entry("", setting, Terms(count))
    show(diff_answer(differences(old, new, config, asked, Path())), output)
