"""`dscalc verify`: the published figures of networks, recomputed."""

from __future__ import annotations

from typing import Annotated

import typer

from dscalc.commands.options import VERDICT, OutputOptions


def verify(
    output: OutputOptions,
    networks: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NETWORK]...", help="Files or shipped networks; all shipped ones."),
    ] = None,
) -> None:
    """Every published figure beside ours; exit code 1 if one is unexplained."""
    from dscalc.analysis.published import verify as findings_of
    from dscalc.commands.output import show
    from dscalc.language.files import load_file, shipped_names
    from dscalc.render.verify import verify_answer

    findings = []
    for name in networks or shipped_names():
        file = load_file(name)
        findings += [(name, finding) for finding in findings_of(file.network, file.published)]
    show(verify_answer(findings), output)
    if not all(finding.explained for _, finding in findings):
        raise typer.Exit(VERDICT)
