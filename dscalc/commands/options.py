"""The options that several commands share, those that belong together in bundles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from dscalc.analysis.terms import Dtype, MemoryRule, SizeRule, Terms
from dscalc.commands import completion
from dscalc.commands.bundles import Bundle, of_function, option
from dscalc.commands.given import given_inputs, given_parameters, sizes
from dscalc.commands.output import Output
from dscalc.errors import DscalcError
from dscalc.law.layer import Count
from dscalc.law.setting import Setting
from dscalc.render.formats import FORMATS, FORMATS_OF_VERDICTS

if TYPE_CHECKING:
    from dscalc.law.network import Network

VERDICT = 1  # the exit code of a verdict against: over budget, a figure unexplained

SETTING, TERMS, LIMITS, OUTPUT = "What network", "How it is counted", "Limits", "Output"
"""The sections of a help page, one a bundle, in their order."""


# ---------------------------------------------------------------- which network


NetworkArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="NETWORK",
        autocompletion=completion.networks,
        help="A YAML or model file, - for standard input, or a shipped network (`dscalc list`).",
    ),
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
    typer.Option(
        "--as",
        help="What if its convolutions were standard, or separable?",
        rich_help_panel=SETTING,
    ),
]
StemOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--stem", help="With --as separable: the first convolution too.", rich_help_panel=SETTING
    ),
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
        autocompletion=completion.destinations,
        rich_help_panel=OUTPUT,
    )
    # Typer offers what a Literal lists; of names in a table one is made when this runs.
    known: Any = Literal.__getitem__(tuple(formats))

    def made(form: str, output: Sequence[str] | None) -> Output:
        return Output(form, _destinations(output or (), formats))

    return Bundle(
        (
            option("form", Annotated[known, form], "table"),
            option("output", Annotated[list[str] | None, files], None),
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
