"""`dscalc check`: networks held to their budgets, for people and for CI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from dscalc.commands.completion import networks as of_networks
from dscalc.commands.completion import revisions
from dscalc.commands.options import (
    LIMITS,
    VERDICT,
    SettingOptions,
    TermsOptions,
    VerdictOutputOptions,
)
from dscalc.commands.search_options import LimitOptions
from dscalc.errors import DscalcError

if TYPE_CHECKING:
    from dscalc.check.outcomes import Findings
    from dscalc.language.budget_file import Entry

VERDICT_IS = "The verdict"
"""The section of a help page that has what only this command asks."""


def check(
    setting: SettingOptions,
    terms: TermsOptions,
    limits: LimitOptions,
    output: VerdictOutputOptions,
    networks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NETWORK]...",
            help="Networks; without any, those of dscalc.yaml.",
            autocompletion=of_networks,
        ),
    ] = None,
    config: Annotated[
        list[str] | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="The budget file; repeatable.",
            rich_help_panel=VERDICT_IS,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="BASE",
            help="What it may have grown from: a git revision, REV:path, a file, a JSON report.",
            autocompletion=revisions,
            rich_help_panel=VERDICT_IS,
        ),
    ] = None,
    exit_zero: Annotated[
        bool,
        typer.Option(
            "--exit-zero", help="Exit 0 whatever the verdict.", rich_help_panel=VERDICT_IS
        ),
    ] = False,
    only_worse: Annotated[
        bool,
        typer.Option(
            "--only-worse",
            help="What is over and no worse than at BASE is a warning.",
            rich_help_panel=VERDICT_IS,
        ),
    ] = False,
    min_top1: Annotated[
        str | None,
        typer.Option(
            "--min-top1",
            metavar="PERCENT",
            help="The least published top-1 on ImageNet, as 70.6; inclusive.",
            rich_help_panel=LIMITS,
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Warnings fail too.", rich_help_panel=VERDICT_IS)
    ] = False,
) -> None:
    """Networks held to their budgets, for people and for CI.

    Exit code 0 within, 1 over, 2 no verdict.

    Examples:
      dscalc check mobilenet --max-params 5M
      dscalc check
      dscalc check --against HEAD
    """
    from dscalc.analysis.budget import Budget, Least, Limit
    from dscalc.check.outcomes import Findings, Unreadable
    from dscalc.check.runs import of_configs, of_networks
    from dscalc.commands.output import complain, show
    from dscalc.language.budget_file import Entry
    from dscalc.quantities import read_percentage
    from dscalc.render.check import check_answer
    from dscalc.render.formats import FORMATS_OF_PROBLEMS

    least = None if min_top1 is None else Least(read_percentage(min_top1, "--min-top1"))
    budget = Budget({key: Limit(most) for key, most in limits.items()}, {}, top1=least)
    asked = Entry("", setting, terms, budget)
    _refuse(networks, config, asked)
    if only_worse and against is None:
        raise DscalcError("--only-worse needs to know what was: say --against too")
    try:
        if networks:
            found = of_networks(networks, asked, against, only_worse)
        else:
            found = of_configs(config or (), against, only_worse)
    except DscalcError as error:
        found = Findings(unreadable=(Unreadable("", error.problems),))
    found = found._replace(strict=strict and not exit_zero)
    show(check_answer(found), output, FORMATS_OF_PROBLEMS if found.problems else None)
    if found.problems:
        raise DscalcError(*found.problems)
    for note in _notes(found, bool(networks), against):
        complain(f"note: {note}")
    if not exit_zero and found.verdict in found.failing:
        raise typer.Exit(VERDICT)


def _notes(found: Findings, by_flags: bool, against: str | None) -> list[str]:
    """What was asked for and says nothing, each once."""
    from dscalc.analysis.terms import without_effect

    notes = []
    for outcome in found.outcomes:
        label = outcome.entry.label
        if outcome.unasked:
            why = "without --against" if against is None else "of what comes with dscalc"
            notes.append(f"{label}: growth is not checked {why}")
        for name in without_effect(outcome.entry.terms, {check.metric for check in outcome.checks}):
            said = f"--{name.replace('_', '-')}" if by_flags else f"{label}: {name}"
            notes.append(f"{said} changes nothing: no limit depends on it")
    return list(dict.fromkeys(notes))


def _refuse(networks: Sequence[str] | None, config: Sequence[str] | None, asked: Entry) -> None:
    """Raises DscalcError for arguments that contradict each other."""
    if not networks and asked != type(asked)(""):
        raise DscalcError("flags about a network need one: dscalc check NETWORK --max-params 4M")
    if networks and len(set(networks)) < len(networks):
        raise DscalcError("a network is named twice")
    if networks and config:
        raise DscalcError("--config has networks of its own; name those or this")
    if config and len(set(config)) < len(config):
        raise DscalcError("a budget file is named twice")
