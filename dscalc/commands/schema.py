"""`dscalc schema`: what may stand in files, for editors that complete and check."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

from dscalc.commands.options import OUTPUT

Of: TypeAlias = Literal["network", "budget"]
"""The files that have a schema."""


def schema(
    of: Annotated[
        Of, typer.Argument(metavar="[network|budget]", help="Network files, or dscalc.yaml.")
    ] = "network",
    file: Annotated[
        str | None,
        typer.Option(
            "--output", metavar="FILE", help="Write a file, whole.", rich_help_panel=OUTPUT
        ),
    ] = None,
) -> None:
    """The JSON Schema of network files, or of dscalc.yaml.

    Examples:
      dscalc schema --output network.schema.json
      dscalc schema budget
    """
    import json

    from dscalc.commands.output import write
    from dscalc.language.schema import budget_schema, network_schema

    made = network_schema() if of == "network" else budget_schema()
    text = json.dumps(made, indent=2) + "\n"
    if file is None:
        write(text, "json")
    else:
        from dscalc.render.writing import write_whole

        write_whole({file: text})
