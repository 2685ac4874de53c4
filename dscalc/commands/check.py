"""`dscalc check`: networks held to their budgets, for people and for CI."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    from dscalc.check.outcomes import Findings
    from dscalc.language.budget_file import Entry


def check(
    setting: SettingOptions,
    terms: TermsOptions,
    limits: LimitOptions,
    output: VerdictOutputOptions,
    networks: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NETWORK]...", help="Networks; without any, those of dscalc.yaml."),
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="The budget file.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="BASE",
            help="What it may have grown from: a git revision, REV:path, a file, a JSON report.",
        ),
    ] = None,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit 0 whatever the verdict.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
) -> None:
    """Hold networks to a budget: exit code 0 within, 1 over, 2 no verdict."""
    from dscalc.analysis.budget import Budget, Limit
    from dscalc.check.entries import flag_entries
    from dscalc.check.outcomes import Findings, Unreadable
    from dscalc.commands.output import complain, show
    from dscalc.language.budget_file import Entry
    from dscalc.render.check import check_answer
    from dscalc.render.formats import FORMATS_OF_PROBLEMS

    budget = Budget({key: Limit(most) for key, most in limits.items()}, {})
    _refuse(networks, config, Entry("", setting, terms), budget)
    given = flag_entries(networks or (), Entry("", setting, terms), budget)
    try:
        found = _found(given, config, against)
    except DscalcError as error:
        found = Findings(unreadable=(Unreadable("", error.problems),))
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
    networks: Sequence[str] | None, config: str | None, asked: Entry, budget: Budget
) -> None:
    """Raises DscalcError for arguments that contradict each other."""
    if not networks and (budget.limits or asked != type(asked)("")):
        raise DscalcError("flags about a network need one: dscalc check NETWORK --max-params 4M")
    if networks and len(set(networks)) < len(networks):
        raise DscalcError("a network is named twice")
    if networks and config is not None:
        raise DscalcError("--config has networks of its own; name those or this")


def _found(given: list[Entry], config: str | None, against: str | None) -> Findings:
    """What there is to say of the networks that are given, or else of those of the budget file."""
    from dscalc.check.baseline import baseline
    from dscalc.check.entries import config_of, find_config
    from dscalc.check.outcomes import findings
    from dscalc.language.budget_file import Config

    folder = Path(config).parent if config else Path()
    if given:
        file, wanted = None, Config(given)
    else:
        file = config or str(find_config(Path.cwd()))
        wanted = config_of(file)
    return findings(wanted, None if against is None else baseline(against, folder), file)
