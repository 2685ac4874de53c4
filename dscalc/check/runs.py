"""Every network of a run, as flags or budget files name them, held to its budgets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from dscalc.check.baseline import Baseline, baseline
from dscalc.check.entries import comes_with_us, configs_of, find_config, flag_entries
from dscalc.check.growth_from import growing
from dscalc.check.judging import Ruling, outcome
from dscalc.check.notices import Notice
from dscalc.check.only_worse import asked_otherwise
from dscalc.check.outcomes import Findings, Outcome, Unreadable, together
from dscalc.check.patterns import named_files
from dscalc.errors import DscalcError
from dscalc.language.budget_file import Config, Entry

# ---------------------------------------------------------------- what a command line asks


def of_networks(
    names: Sequence[str], asked: Entry, against: str | None, only_worse: bool = False
) -> Findings:
    """The networks of a command line, all held to the budget of the entry that is `asked`.

    Raises DscalcError where it cannot be known which networks, or which base, are meant.
    """
    entries = flag_entries(names, asked, asked.budget)
    base = None if against is None else baseline(against, Path())
    found = findings(Config(entries), base, None, only_worse)
    missing = _gone(names, [entry.file for entry in entries], base)
    told = [Notice("unchecked", file, "", None, True) for file in missing]
    return found._replace(of_config=(*found.of_config, *told))


def of_configs(files: Sequence[str], against: str | None, only_worse: bool = False) -> Findings:
    """The networks of budget files, of the nearest one where none is named.

    One that the base had, and that would have been read then, holds nothing any more, which is
    told. Raises DscalcError where one, or the base, cannot be read.
    """
    configs = configs_of(named_files(files) or [str(find_config(Path.cwd()))])
    bases = {
        file: None if against is None else baseline(against, Path(file).parent) for file in configs
    }
    one = next((base.path for base in bases.values() if base and base.path), None)
    if one is not None and len(configs) > 1:
        raise DscalcError(f"{one} is one network; a git revision has a version of each")
    found = [findings(config, bases[file], file, only_worse) for file, config in configs.items()]
    base = next(iter(bases.values()))
    missing = _gone(files, list(configs), base) if files else _nearer(next(iter(configs)), base)
    found += [findings(Config([], by_path=True), base, file, only_worse) for file in missing]
    return together(found)


def _gone(patterns: Sequence[str], met: Sequence[str], base: Baseline | None) -> list[str]:
    commit = base.whole if base else None
    if commit is None:
        return []
    from dscalc.check.gone import met_before

    return met_before(patterns, met, commit)


def _nearer(config: str, base: Baseline | None) -> list[str]:
    commit = base.whole if base else None
    if commit is None:
        return []
    from dscalc.check.gone import nearer_before

    return nearer_before(config, commit)


# ---------------------------------------------------------------- entries


def findings(
    config: Config,
    against: Baseline | None = None,
    config_file: str | None = None,
    only_worse: bool = False,
) -> Findings:
    """What the budgets say of every network, and where they say less than at the base.

    `config_file` is where the entries come from, None for those of flags. With `only_worse` all
    budgets have it. Raises DscalcError where several networks would have grown from one file, and
    where it cannot be known what a budget file said at the base that is to hold now.
    """
    if len(config.entries) > 1 and against is not None and against.path is not None:
        raise DscalcError(f"{against.path} is one network; a git revision has a version of each")
    _read_ahead(config.entries, against, config_file)
    entries, from_base = growing(config, against, config_file)
    otherwise = cache(partial(asked_otherwise, config, against, config_file))
    ruling = Ruling(against, from_base, only_worse, otherwise)
    found: list[Outcome] = []
    unreadable: list[Unreadable] = []
    names: dict[str, str] = {}
    for entry in entries:
        try:
            made, base = outcome(entry, ruling)
        except DscalcError as error:
            problems = (p if p.place else p._replace(place=entry.place) for p in error.problems)
            unreadable.append(Unreadable(entry.label, tuple(problems)))
            continue
        found.append(made)
        if base is not None:
            names[entry.file] = base.path
    of_config = tuple(Notice("absent", e.label, "not there, and optional") for e in config.absent)
    if config_file is not None and against is not None and against.path is None and not unreadable:
        try:
            from dscalc.check.held_less import held_less

            of_config += tuple(held_less(config, config_file, against, names))
        except DscalcError as error:
            unreadable.append(Unreadable(config_file, error.problems))
    return Findings(tuple(found), of_config, tuple(unreadable))


def outcomes(entries: Sequence[Entry], against: Baseline | None) -> list[Outcome]:
    """What the budgets say of every network.

    Raises DscalcError for all networks without an outcome at once, and where several would have
    grown from one file.
    """
    found = findings(Config(list(entries)), against)
    if found.problems:
        raise DscalcError(*found.problems)
    return list(found.outcomes)


def _read_ahead(
    entries: Sequence[Entry], against: Baseline | None, config_file: str | None
) -> None:
    """Reads what the base has of all networks, and of the budget file, at once."""
    commit = against.whole if against else None
    if commit is None:
        return
    from dscalc.check import tree

    files = [entry.file for entry in entries if not comes_with_us(entry)]
    files += [config_file] if config_file else []
    tree.read_ahead(commit, [p for f in files if f != "-" and (p := tree.path_in(commit, Path(f)))])
