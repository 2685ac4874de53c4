"""`dscalc check`: networks held to their budgets, for people and for CI."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dscalc.commands.completion import networks as of_networks
from dscalc.commands.completion import revisions
from dscalc.commands.options import (
    VERDICT,
    LimitOptions,
    SettingOptions,
    TermsOptions,
    VerdictOutputOptions,
)
from dscalc.errors import DscalcError

if TYPE_CHECKING:
    from dscalc.analysis.budget import Budget
    from dscalc.check.baseline import Baseline
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
    from dscalc.analysis.budget import Budget, Limit
    from dscalc.check.entries import flag_entries
    from dscalc.check.outcomes import Findings, Unreadable
    from dscalc.check.patterns import named_files
    from dscalc.commands.output import complain, show
    from dscalc.language.budget_file import Entry
    from dscalc.render.check import check_answer
    from dscalc.render.formats import FORMATS_OF_PROBLEMS

    budget = Budget({key: Limit(most) for key, most in limits.items()}, {})
    _refuse(networks, config, Entry("", setting, terms), budget)
    if only_worse and against is None:
        raise DscalcError("--only-worse needs to know what was: say --against too")
    given = flag_entries(networks or (), Entry("", setting, terms), budget)
    try:
        found = _found(given, named_files(config or ()), against, only_worse)
    except DscalcError as error:
        found = Findings(unreadable=(Unreadable("", error.problems),))
    found = found._replace(strict=strict and not exit_zero)
    show(check_answer(found), output, FORMATS_OF_PROBLEMS if found.problems else None)
    if found.problems:
        raise DscalcError(*found.problems)
    for outcome in found.outcomes:
        if outcome.unasked:
            why = "without --against" if against is None else "of what comes with dscalc"
            complain(f"note: {outcome.entry.label}: growth is not checked {why}")
    if not exit_zero and (found.verdict == "fail" or (strict and found.verdict == "warn")):
        raise typer.Exit(VERDICT)


def _refuse(
    networks: Sequence[str] | None, config: Sequence[str] | None, asked: Entry, budget: Budget
) -> None:
    """Raises DscalcError for arguments that contradict each other."""
    if not networks and (budget.limits or asked != type(asked)("")):
        raise DscalcError("flags about a network need one: dscalc check NETWORK --max-params 4M")
    if networks and len(set(networks)) < len(networks):
        raise DscalcError("a network is named twice")
    if networks and config:
        raise DscalcError("--config has networks of its own; name those or this")
    if config and len(set(config)) < len(config):
        raise DscalcError("a budget file is named twice")


def _found(
    given: list[Entry], configs: Sequence[str], against: str | None, only_worse: bool
) -> Findings:
    """What there is to say of the networks that are given, or else of those of budget files."""
    from dscalc.check.baseline import baseline
    from dscalc.check.entries import configs_of, find_config
    from dscalc.check.outcomes import findings, together
    from dscalc.language.budget_file import Config

    def base(folder: Path) -> Baseline | None:
        return None if against is None else baseline(against, folder)

    if given:
        return findings(Config(given), base(Path()), None, only_worse)
    files = configs or [str(find_config(Path.cwd()))]
    held = [(file, config, base(Path(file).parent)) for file, config in configs_of(files).items()]
    one = next((before.path for _, _, before in held if before and before.path), None)
    if one is not None and len(held) > 1:
        raise DscalcError(f"{one} is one network; a git revision has a version of each")
    return together([findings(config, before, file, only_worse) for file, config, before in held])
