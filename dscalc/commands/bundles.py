"""Bundles: several options of the command line that one parameter of a command stands for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature, signature
from typing import Any, NamedTuple


class Bundle(NamedTuple):
    """The options that a parameter stands for, and what makes its value of theirs."""

    options: Sequence[Parameter]
    made: Callable[..., Any]


def option(name: str, annotation: Any, default: object) -> Parameter:
    """One option of a bundle that no function declares."""
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def of_function(made: Callable[..., Any]) -> Bundle:
    """The bundle of the options that a function's own parameters declare."""
    return Bundle(tuple(signature(made, eval_str=True).parameters.values()), made)


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """A command as Typer needs it, with a parameter for each option.

    A parameter of `command` that is annotated `Annotated[T, Bundle(…)]` gives way to the options
    of its bundle; the command is called with the T that the bundle makes of what was given. So a
    command takes a Setting, and the options of a setting are declared in one place.
    """
    own = signature(command, eval_str=True).parameters
    bundles = {name: bundle for name, p in own.items() if (bundle := _bundle(p)) is not None}
    options = [
        option
        for name, parameter in own.items()
        for option in (bundles[name].options if name in bundles else [parameter])
    ]

    def run(**given: Any) -> None:
        for name, bundle in bundles.items():
            values = {option.name: given.pop(option.name) for option in bundle.options}
            given[name] = bundle.made(**values)
        command(**given)

    run.__doc__ = command.__doc__
    run.__annotations__ = {option.name: option.annotation for option in options}
    parameters = [option.replace(kind=Parameter.KEYWORD_ONLY) for option in options]
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return run


def _bundle(parameter: Parameter) -> Bundle | None:
    marks = getattr(parameter.annotation, "__metadata__", ())
    return next((mark for mark in marks if isinstance(mark, Bundle)), None)
