"""The options of commands that look for networks: lists of α and of sizes, and limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from dscalc.analysis.figures import FIGURES, read_limits
from dscalc.commands import completion
from dscalc.commands.bundles import Bundle, option
from dscalc.commands.options import LIMITS, SETTING

if TYPE_CHECKING:
    from dscalc.quantities import Quantity

NetworksArgument: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="NETWORK...",
        help="Files or shipped networks (see `dscalc list`).",
        autocompletion=completion.networks,
    ),
]
AlphasOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--alpha",
        metavar="α,…",
        help="0.5,1 or from:to:step, 0.25:1.0:0.25.",
        rich_help_panel=SETTING,
    ),
]
ResolutionsOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--resolution",
        metavar="R,…",
        help="Input sides: 224,192 or 128:224:32 or 160x128.",
        rich_help_panel=SETTING,
    ),
]
RhosOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--rho",
        metavar="ρ,…",
        help="Resolution multipliers in place of sides: 1,0.857.",
        rich_help_panel=SETTING,
    ),
]

_LIMITS = tuple(
    option(
        f"max_{key}",
        Annotated[
            str | None,
            typer.Option(
                figure.flag,
                metavar=figure.unit.upper(),
                help=f"The most {figure.word}, as {figure.example}; inclusive.",
                rich_help_panel=LIMITS,
            ),
        ],
        None,
    )
    for key, figure in FIGURES.items()
)


def _limits(**texts: str | None) -> dict[str, Quantity]:
    return read_limits({name.removeprefix("max_"): text for name, text in texts.items()})


LimitOptions: TypeAlias = Annotated["Mapping[str, Quantity]", Bundle(_LIMITS, _limits)]
