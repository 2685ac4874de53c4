"""The options that sweep and fit share, and the way from their text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeAlias

import typer

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


def limits(texts: Mapping[str, str | None]) -> dict[str, int]:
    """The limits that flags give, as the largest whole numbers within them."""
    from dscalc.analysis.figures import read_limits

    return {key: int(limit.value // 1) for key, limit in read_limits(texts).items()}
