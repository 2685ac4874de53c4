"""`dscalc budget`: today's figures as limits, in a new budget file or in the one that is there."""

from __future__ import annotations

from typing import Annotated

import typer

from dscalc.commands.completion import networks as of_networks
from dscalc.commands.options import LIMITS, OutputOptions


def budget(
    output: OutputOptions,
    networks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NETWORK]...",
            help="Networks; without any, those of dscalc.yaml.",
            autocompletion=of_networks,
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", help="The budget file.", rich_help_panel=LIMITS),
    ] = None,
    headroom: Annotated[
        str,
        typer.Option(
            "--headroom",
            metavar="P%",
            help="How far limits are above the figures.",
            rich_help_panel=LIMITS,
        ),
    ] = "0%",
    lower_only: Annotated[
        bool,
        typer.Option("--lower-only", help="No limit goes up: a ratchet.", rich_help_panel=LIMITS),
    ] = False,
) -> None:
    """Today's figures into dscalc.yaml as limits.

    Says each change.

    Examples:
      dscalc budget mobilenet --headroom 5%
      dscalc budget --lower-only
    """
    from dscalc.check.limits import retaken
    from dscalc.commands.output import show
    from dscalc.errors import DscalcError
    from dscalc.language.budget_file import percent
    from dscalc.render.budget import budget_answer
    from dscalc.render.writing import write_whole

    above = percent(headroom)
    if above is None:
        raise DscalcError(f"--headroom must be a percentage such as 2%, not '{headroom}'")
    made = retaken(networks or (), config, above, lower_only)
    if made.changes:
        write_whole({made.file: made.data})
    show(budget_answer(made), output)
