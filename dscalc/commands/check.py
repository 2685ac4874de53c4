"""`dscalc check`: networks held to their budgets, for people and for CI."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, get_args

import typer

from dscalc.commands.options import (
    OUTPUT,
    VERDICT,
    LimitOptions,
    SettingOptions,
    TermsOptions,
)
from dscalc.errors import DscalcError

if TYPE_CHECKING:
    from dscalc.analysis.budget import Budget
    from dscalc.check.outcomes import Outcome
    from dscalc.language.budget_file import Entry


VerdictFormat: TypeAlias = Literal["text", "json", "markdown", "github", "gitlab", "junit"]
"""How a verdict is written."""


def check(
    setting: SettingOptions,
    terms: TermsOptions,
    limits: LimitOptions,
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
    form: Annotated[
        VerdictFormat,
        typer.Option(
            "--format", help="What is written to standard output.", rich_help_panel=OUTPUT
        ),
    ] = "text",
    output: Annotated[
        list[str] | None,
        typer.Option(
            "--output",
            metavar="FORMAT:PATH",
            help="Write a file too; repeatable.",
            rich_help_panel=OUTPUT,
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
    from dscalc.commands.output import complain, write
    from dscalc.language.budget_file import Entry

    files = _destinations(output or [])
    budget = Budget({key: Limit(most) for key, most in limits.items()}, {})
    entries = _entries(networks, config, Entry("", setting, terms), budget)
    base = None if against is None else baseline(against, Path(config).parent if config else Path())
    outcomes = checking.outcomes(entries, base)
    texts = {path: _rendered(kind, outcomes) for path, kind in files.items()}
    report = _rendered(form, outcomes)
    if texts:
        from dscalc.render.writing import write_whole

        write_whole(texts)
    write(report)
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


def _destinations(specs: Sequence[str]) -> dict[str, VerdictFormat]:
    """What is written where."""
    files: dict[str, VerdictFormat] = {}
    for kind, path in map(_destination, specs):
        if any(Path(path).resolve() == Path(other).resolve() for other in files):
            raise DscalcError(f"--output names {path} twice")
        files[path] = kind
    return files


def _destination(spec: str) -> tuple[VerdictFormat, str]:
    """The two halves of FORMAT:PATH."""
    kind, _, path = spec.partition(":")
    known: tuple[VerdictFormat, ...] = get_args(VerdictFormat)
    for form in known:
        if form == kind and path:
            return form, path
    formats = ", ".join(known)
    raise DscalcError(f"--output must be FORMAT:PATH with one of {formats}, not '{spec}'")


def _rendered(form: VerdictFormat, outcomes: Sequence[Outcome]) -> str:
    from dscalc.check import outcomes as checking

    if form == "json":
        from dscalc.render.documents import as_json, check_document

        return as_json(check_document(outcomes))
    if form == "text":
        from dscalc.commands.output import screen
        from dscalc.render.formats import as_table
        from dscalc.render.verdicts import check_grids

        return as_table(check_grids(outcomes), screen())
    if form == "markdown":
        from dscalc.render.comments import check_comment

        return check_comment(outcomes)
    from dscalc.render import annotations

    root = checking.root_of(Path.cwd())
    if form == "github":
        return annotations.as_github(outcomes, root)
    if form == "gitlab":
        return annotations.as_gitlab(outcomes, root)
    return annotations.as_junit(outcomes)
