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
    from dscalc.analysis.budget import Budget, Limit, verdict
    from dscalc.check import outcomes as checking
    from dscalc.check.baseline import baseline
    from dscalc.commands.output import complain, show
    from dscalc.language.budget_file import Entry
    from dscalc.render.check import check_answer

    budget = Budget({key: Limit(most) for key, most in limits.items()}, {})
    entries = _entries(networks, config, Entry("", setting, terms), budget)
    base = None if against is None else baseline(against, Path(config).parent if config else Path())
    outcomes = checking.outcomes(entries, base)
    show(check_answer(outcomes), output)
    for outcome in outcomes:
        if outcome.unasked:
            why = "without --against" if against is None else "of what comes with dscalc"
            complain(f"note: {outcome.entry.label}: growth is not checked {why}")
    found = verdict([check for outcome in outcomes for check in outcome.checks])
    if not exit_zero and (found == "fail" or (strict and found == "warn")):
        raise typer.Exit(VERDICT)


def _entries(
    networks: Sequence[str] | None,
    config: str | None,
    asked: Entry,
    budget: Budget,
) -> list[Entry]:
    """The entries that arguments and flags name, or else those of the budget file."""
    from dscalc.check import outcomes as checking

    if networks:
        if len(set(networks)) < len(networks):
            raise DscalcError("a network is named twice")
        if config is not None:
            raise DscalcError("--config has networks of its own; name those or this")
        return checking.flag_entries(networks, asked, budget)
    if budget.limits or asked != type(asked)(""):
        raise DscalcError("flags about a network need one: dscalc check NETWORK --max-params 4M")
    return checking.config_entries(config or str(checking.find_config(Path.cwd())))
