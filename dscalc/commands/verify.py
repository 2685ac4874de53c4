"""`dscalc verify`: the published figures of networks, recomputed."""

from __future__ import annotations

from typing import Annotated

import typer

from dscalc.commands.completion import networks as of_networks
from dscalc.commands.options import VERDICT, OutputOptions


def verify(
    output: OutputOptions,
    networks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NETWORK]...",
            help="Files or shipped networks; without any, all that ship.",
            autocompletion=of_networks,
        ),
    ] = None,
) -> None:
    """Published figures beside ours, and why where they differ.

    Exit code 1 where one is unexplained.

    Examples:
      dscalc verify mobilenet
      dscalc verify
    """
    from dscalc.analysis.verify import verify as findings_of
    from dscalc.commands.output import complain, show
    from dscalc.commands.progress import watched
    from dscalc.language.files import load_file
    from dscalc.language.shipped import shipped_files
    from dscalc.render.verify import verify_answer

    findings = []
    asked = networks or shipped_files()
    for name in watched(asked, "networks:", len(asked)):
        file = load_file(name)
        findings += [(name, finding) for finding in findings_of(file.network, file.published)]
    show(verify_answer(findings), output)
    for name in networks or ():
        if name not in {named for named, _ in findings}:
            complain(f"note: {name}: no figure is published in the file")
    if not all(finding.explained for _, finding in findings):
        raise typer.Exit(VERDICT)
