"""The options that several commands share, and the way from their text to numbers."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

from dscalc.analysis.terms import Dtype
from dscalc.errors import DscalcError
from dscalc.law.fields import Padding, Sizes
from dscalc.law.layer import Count

LONGEST = 40  # digits of a number on the command line
VERDICT = 1  # the exit code of a verdict against: over budget, a figure unexplained


Format: TypeAlias = Literal["table", "json", "csv", "markdown", "html"]

FormatOption: TypeAlias = Annotated[
    Format, typer.Option("--format", help="How to write the report.")
]
NetworkArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="NETWORK",
        help="A YAML file, - for standard input, or a shipped network (see `dscalc list`).",
    ),
]
AlphaOption: TypeAlias = Annotated[
    float, typer.Option("--alpha", metavar="α", help="Width multiplier.")
]
RhoOption: TypeAlias = Annotated[
    float, typer.Option("--rho", metavar="ρ", help="Resolution multiplier of the input side.")
]
ResolutionOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--resolution", metavar="R", help="Input side in place of ρ: 160, or 160x128."),
]
CountOption: TypeAlias = Annotated[
    Count,
    typer.Option("--count", help="Which parameters: as papers, PyTorch or Keras count them."),
]
DtypeOption: TypeAlias = Annotated[
    Dtype, typer.Option("--dtype", help="What an activation, and a weight, is stored as.")
]
WeightDtypeOption: TypeAlias = Annotated[
    Dtype | None, typer.Option("--weight-dtype", help="What a weight is stored as, if another.")
]
PlotOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--plot", metavar="FILE", help="Draw a picture too: .svg, .png or .pdf."),
]
MaxMemoryOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--max-memory", metavar="SIZE", help="Of activations alive at once, as 2MiB."),
]
MaxSizeOption: TypeAlias = Annotated[
    str | None, typer.Option("--max-size", metavar="SIZE", help="Of the parameters, as 4MB.")
]


def sizes(text: str, flag: str) -> Sizes:
    """A size, or one for each axis: "3" → 3, "3x5" → (3, 5)."""
    parts = text.replace("×", "x").split("x")
    if len(parts) > 1 and not all(map(_is_whole, parts)):
        raise DscalcError(f"{flag} must be whole numbers such as 3x5, not '{text}'")
    numbers = tuple(whole(part, flag) for part in parts)
    return numbers if len(numbers) > 1 else numbers[0]


def whole(text: str, flag: str) -> int:
    """A whole number; whether it is large enough is for the layer to say."""
    if not _is_whole(text):
        raise DscalcError(f"{flag} must be a whole number, not '{text}'")
    if len(text) > LONGEST:
        raise DscalcError(f"{flag} has {len(text)} digits; the longest that is read has {LONGEST}")
    return int(text)


def _is_whole(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdecimal()


def padding(text: str) -> Padding:
    """`same`, `valid`, or sizes."""
    if text.isalpha() and text not in ("same", "valid"):
        raise DscalcError(f"--padding must be same, valid or numbers, not '{text}'")
    return text if text.isalpha() else sizes(text, "--padding")


def resolution(text: str | None) -> Sizes | None:
    """The value of --resolution, if it was given."""
    return None if text is None else sizes(text, "--resolution")
