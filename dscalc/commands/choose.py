"""`dscalc choose`: which network within limits, by what is published of its accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from dscalc.commands.completion import networks as of_networks
from dscalc.commands.given import given_parameters
from dscalc.commands.options import (
    OUTPUT,
    VERDICT,
    OutputOptions,
    ParametersOption,
    PlotOption,
    TermsOptions,
)
from dscalc.commands.search_options import LimitOptions, ResolutionsOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dscalc.analysis.choose import Candidate, Question

Axis: TypeAlias = Literal["mult-adds", "params", "memory", "size"]

ACCURACIES = "Which accuracies"
"""The section of a help page that has what only this command asks."""


def choose(
    limits: LimitOptions,
    terms: TermsOptions,
    output: OutputOptions,
    networks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NETWORK]...",
            help="Files or shipped networks; without any, all that ship.",
            autocompletion=of_networks,
        ),
    ] = None,
    resolution: ResolutionsOption = None,
    parameters: ParametersOption = None,
    dataset: Annotated[
        str,
        typer.Option(
            "--dataset", metavar="NAME", help="What accuracies are of.", rich_help_panel=ACCURACIES
        ),
    ] = "ImageNet-1k",
    source: Annotated[
        str,
        typer.Option(
            "--source",
            metavar="TEXT",
            help="Figures of the sources with this name.",
            rich_help_panel=ACCURACIES,
        ),
    ] = "",
    show_all: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Every published figure, by whomever, and what breaks a limit too.",
            rich_help_panel=ACCURACIES,
        ),
    ] = False,
    plot: PlotOption = None,
    x: Annotated[
        Axis,
        typer.Option("--x", help="What pictures draw accuracy against.", rich_help_panel=OUTPUT),
    ] = "mult-adds",
) -> None:
    """Published networks within limits, the most accurate first.

    Exit code 1 where none keeps every limit.

    Examples:
      dscalc choose --max-params 4M --max-mult-adds 300M
      dscalc choose mobilenet mobilenet_v2 --dtype int8 --max-memory 1MB
    """
    from dscalc.analysis.choose import Question
    from dscalc.analysis.choose import choose as choices_of
    from dscalc.commands.output import show
    from dscalc.quantities import sides
    from dscalc.render.choose import choose_answer

    if plot is not None:
        from dscalc.render.drawing import check_destination

        check_destination(plot)
    question = Question(
        {key: limit.whole for key, limit in limits.items()},
        terms,
        dataset,
        show_all,
        source,
        () if resolution is None else sides(resolution, "--resolution"),
        given_parameters(parameters),
    )
    found = choices_of(_candidates(networks or [], question), question)
    against = x.replace("-", "_")
    if plot is not None:
        from dscalc.render.drawing import draw
        from dscalc.render.plot_choices import choices_scene

        draw(choices_scene(found, against), plot)

    show(choose_answer(found, against), output)
    if not found.fitting:
        raise typer.Exit(VERDICT)


def _candidates(names: list[str], question: Question) -> Iterator[Candidate]:
    """The networks named, a file with variants as these; without names all that ship and count."""
    from dscalc.analysis.choose import Candidate
    from dscalc.language.files import accuracies_of, family_of, shipped_accuracies, variants_of
    from dscalc.models.source import load_file

    asked = [one for name in names for one in variants_of(name) or [name]]
    if not names:
        asked = [name for name, known in shipped_accuracies().items() if question.among(known)]
    for name in dict.fromkeys(asked):
        file = load_file(name)
        shown = file.network.name if name == "-" else name.removesuffix(".yaml")
        yield Candidate(shown, file.network, accuracies_of(name, file), family_of(name))
