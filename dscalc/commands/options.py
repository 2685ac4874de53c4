"""The options that several commands share, those that belong together in bundles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from dscalc.analysis.figures import FIGURES, read_limits
from dscalc.analysis.terms import Dtype, MemoryRule, SizeRule, Terms
from dscalc.commands.bundles import Bundle, of_function
from dscalc.commands.output import Output
from dscalc.errors import DscalcError
from dscalc.law.fields import Padding, Sizes
from dscalc.law.layer import Count
from dscalc.law.setting import Setting
from dscalc.render.formats import FORMATS, FORMATS_OF_VERDICTS

if TYPE_CHECKING:
    from dscalc.law.network import Network
    from dscalc.quantities import Quantity

LONGEST = 40  # digits of a number on the command line
VERDICT = 1  # the exit code of a verdict against: over budget, a figure unexplained

SETTING, LIMITS, TERMS, OUTPUT = "Setting", "Limits", "Terms", "Output"
"""The sections of a help page, one a bundle."""


def _option(name: str, annotation: Any, default: object) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


# ---------------------------------------------------------------- which networks


NetworkArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="NETWORK",
        help="A YAML or model file, - for standard input, or a shipped network (`dscalc list`).",
    ),
]
NetworksArgument: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="NETWORK...", help="Files or shipped networks (see `dscalc list`)."),
]

# ---------------------------------------------------------------- Setting: what network it is


AlphaOption: TypeAlias = Annotated[
    float,
    typer.Option("--alpha", metavar="α", help="Width multiplier.", rich_help_panel=SETTING),
]
RhoOption: TypeAlias = Annotated[
    float,
    typer.Option(
        "--rho", metavar="ρ", help="Resolution multiplier of the input.", rich_help_panel=SETTING
    ),
]
DepthOption: TypeAlias = Annotated[
    float,
    typer.Option(
        "--depth", metavar="D", help="Depth multiplier of repeats.", rich_help_panel=SETTING
    ),
]
ParametersOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="NAME=VALUE",
        help="A parameter of the file, as classes=2; repeatable.",
        rich_help_panel=SETTING,
    ),
]
InputsOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="NAME=SHAPE",
        help="An input of a model file in its own order, as x=1x3x320x320, or a number, as "
        "sr=16000; repeatable.",
        rich_help_panel=SETTING,
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


def _setting(
    alpha: AlphaOption = 1.0,
    rho: RhoOption = 1.0,
    resolution: Annotated[
        str | None,
        typer.Option(
            "--resolution",
            metavar="R",
            help="Input side in place of ρ: 160, or 160x128.",
            rich_help_panel=SETTING,
        ),
    ] = None,
    depth: DepthOption = 1.0,
    parameters: ParametersOption = None,
    inputs: InputsOption = None,
) -> Setting:
    side = None if resolution is None else sizes(resolution, "--resolution")
    return Setting(alpha, rho, side, depth, given_parameters(parameters), given_inputs(inputs))


SettingOptions: TypeAlias = Annotated[Setting, of_function(_setting)]


# ---------------------------------------------------------------- other convolutions


Form: TypeAlias = Literal["standard", "separable"]
FormOption: TypeAlias = Annotated[
    Form | None,
    typer.Option("--as", help="What if its convolutions were standard, or separable?"),
]
StemOption: TypeAlias = Annotated[
    bool, typer.Option("--stem", help="With --as separable: the first convolution too.")
]


def converted(network: Network, form: Form | None, stem: bool) -> Network:
    """The network with other convolutions, if any are asked for."""
    from dscalc.law.rewrite import to_separable, to_standard

    if stem and form != "separable":
        raise DscalcError("--stem goes with --as separable")
    if form is None:
        return network
    return to_standard(network) if form == "standard" else to_separable(network, stem=stem)


# ---------------------------------------------------------------- Terms: what is counted


CountOption: TypeAlias = Annotated[
    Count,
    typer.Option(
        "--count",
        help="Which parameters: as papers, PyTorch or Keras count them, or with norms folded.",
        rich_help_panel=TERMS,
    ),
]

MemoryOption: TypeAlias = Annotated[
    MemoryRule,
    typer.Option(
        "--memory",
        help="Activations alive at once, some in place, or TensorFlow Lite Micro's arena.",
        rich_help_panel=TERMS,
    ),
]


def _terms(
    count: CountOption = "trainable",
    dtype: Annotated[
        Dtype,
        typer.Option(
            "--dtype",
            help="What an activation, and a weight, is stored as.",
            rich_help_panel=TERMS,
        ),
    ] = "float32",
    weight_dtype: Annotated[
        Dtype | None,
        typer.Option(
            "--weight-dtype",
            help="What a weight is stored as, if another.",
            rich_help_panel=TERMS,
        ),
    ] = None,
    memory: MemoryOption = "alive",
    size: Annotated[
        SizeRule,
        typer.Option(
            "--size",
            help="Bytes of all parameters, of weights and biases as stored, or with scales.",
            rich_help_panel=TERMS,
        ),
    ] = "params",
) -> Terms:
    return Terms(count, dtype, weight_dtype, size, memory)


TermsOptions: TypeAlias = Annotated[Terms, of_function(_terms)]


# ---------------------------------------------------------------- Limits: one on every figure


_LIMITS = tuple(
    _option(
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


# ---------------------------------------------------------------- Output: how it is written


PlotOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw a picture too: .svg, .png or .pdf.",
        rich_help_panel=OUTPUT,
    ),
]


def _output(formats: Collection[str]) -> Bundle:
    """The options of an answer that can be written in these formats."""
    form = typer.Option("--format", help="How to write the report.", rich_help_panel=OUTPUT)
    files = typer.Option(
        "--output",
        metavar="FORMAT:PATH",
        help="Write a file too; repeatable.",
        rich_help_panel=OUTPUT,
    )
    # Typer offers what a Literal lists; of names in a table one is made when this runs.
    known: Any = Literal.__getitem__(tuple(formats))

    def made(form: str, output: Sequence[str] | None) -> Output:
        return Output(form, _destinations(output or (), formats))

    return Bundle(
        (
            _option("form", Annotated[known, form], "table"),
            _option("output", Annotated[list[str] | None, files], None),
        ),
        made,
    )


def _destinations(specs: Sequence[str], formats: Collection[str]) -> dict[str, str]:
    """The formats of --output by their paths."""
    from os.path import realpath

    files: dict[str, str] = {}
    for spec in specs:
        form, _, path = spec.partition(":")
        if form not in formats or not path:
            known = ", ".join(formats)
            raise DscalcError(f"--output must be FORMAT:PATH with one of {known}, not '{spec}'")
        if any(realpath(path) == realpath(other) for other in files):
            raise DscalcError(f"--output names {path} twice")
        files[path] = form
    return files


OutputOptions: TypeAlias = Annotated[Output, _output(FORMATS)]
VerdictOutputOptions: TypeAlias = Annotated[Output, _output(FORMATS_OF_VERDICTS)]


# ---------------------------------------------------------------- from text to numbers


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


def given_parameters(texts: Sequence[str] | None) -> tuple[tuple[str, int | float | str], ...]:
    """The parameters of a file that `--with classes=2` gives other values."""
    from dscalc.language.values import plain

    found: dict[str, int | float | str] = {}
    for text in texts or ():
        name, equals, written = text.partition("=")
        value = plain(written)
        if not equals or not name or value is None:
            raise DscalcError(f"--with takes NAME=VALUE, as classes=2, not '{text}'")
        if name in found:
            raise DscalcError(f"--with gives {name} twice")
        found[name] = value
    return tuple(found.items())


def given_inputs(
    texts: Sequence[str] | None,
) -> tuple[tuple[str, tuple[int, ...] | int | float], ...]:
    """The inputs of a model file that `--input x=1x3x320x320` says."""
    from dscalc.language.settings import read_input

    found: dict[str, tuple[int, ...] | int | float] = {}
    for text in texts or ():
        name, equals, said = text.rpartition("=")
        value = read_input(said)
        if not equals or not name or value is None:
            raise DscalcError(
                f"--input takes NAME=SHAPE, as x=1x3x320x320, or NAME=NUMBER, not '{text}'"
            )
        if name in found:
            raise DscalcError(f"--input gives {name} twice")
        found[name] = value
    return tuple(found.items())


def padding(text: str) -> Padding:
    """`same`, `valid`, `causal`, or sizes."""
    if text.isalpha() and text not in ("same", "valid", "causal"):
        raise DscalcError(f"--padding must be same, valid, causal or numbers, not '{text}'")
    return text if text.isalpha() else sizes(text, "--padding")
