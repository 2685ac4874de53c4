"""The options that sweep and fit share, and the way from their text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from dscalc.errors import DscalcError

if TYPE_CHECKING:
    from dscalc.analysis.sweep import Figure
    from dscalc.quantities import Quantity

NetworksArgument: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="NETWORK...", help="Files or shipped networks (see `dscalc list`)."),
]
ResolutionsOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--resolution", metavar="R,…", help="Input sides: 224,192 or 128:224:32 or 160x128."
    ),
]
MaxMultAddsOption: TypeAlias = Annotated[
    str | None, typer.Option("--max-mult-adds", metavar="COUNT", help="As 300M; inclusive.")
]
MaxParamsOption: TypeAlias = Annotated[
    str | None, typer.Option("--max-params", metavar="COUNT", help="As 3M; inclusive.")
]


def limits(
    mult_adds: str | None, params: str | None, memory: str | None, bytes_: str | None
) -> dict[Figure, int]:
    """The limits that flags give, as the largest whole numbers within them."""
    from dscalc.quantities import quantity, size

    given: list[tuple[Figure, str | None, Callable[[str], Quantity]]] = [
        ("mult_adds", mult_adds, quantity),
        ("params", params, quantity),
        ("memory", memory, size),
        ("size", bytes_, size),
    ]
    return {
        figure: _limit(f"--max-{figure.replace('_', '-')}", text, read)
        for figure, text, read in given
        if text is not None
    }


def _limit(flag: str, text: str, read: Callable[[str], Quantity]) -> int:
    try:
        most = int(read(text).value // 1)
    except DscalcError as error:
        raise DscalcError(f"{flag} {error.problems[0].message}") from None
    if most < 1:
        raise DscalcError(f"{flag} must be at least 1, not {text}: nothing fits into nothing")
    return most
