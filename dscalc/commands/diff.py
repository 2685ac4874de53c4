"""`dscalc diff`: two versions of networks, layer by layer, without a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from dscalc.commands.options import (
    OUTPUT,
    CountOption,
    SettingOptions,
)

DiffFormat: TypeAlias = Literal["text", "json", "markdown"]
"""How changes are written."""


def diff(
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD",
            help="A network file, a JSON report, REV:path, or a git revision of all networks.",
        ),
    ],
    setting: SettingOptions,
    new: Annotated[
        str | None, typer.Argument(metavar="[NEW]", help="The same; the work tree if left out.")
    ] = None,
    config: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", help="The networks to compare between revisions."),
    ] = None,
    count: CountOption = "trainable",
    form: Annotated[
        DiffFormat,
        typer.Option("--format", help="How to write the report.", rich_help_panel=OUTPUT),
    ] = "text",
) -> None:
    """What changed between two versions: layers added, removed, changed, and at what price."""
    from dscalc.analysis.terms import Terms
    from dscalc.check.outcomes import differences
    from dscalc.commands.output import screen, write
    from dscalc.language.budget_file import Entry

    asked = Entry("", setting, Terms(count))
    found = differences(old, new, config, asked, Path())
    if form == "json":
        from dscalc.render.documents import as_json, diff_document

        write(as_json(diff_document(found)))
    elif form == "markdown":
        from dscalc.render.comments import diff_comment

        write(diff_comment(found))
    else:
        from dscalc.render.formats import as_table
        from dscalc.render.verdicts import diff_grids

        write(as_table(diff_grids(found), screen()))
