"""What a check found, of one network and of all: verdicts, what to tell, what could not be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from dscalc.analysis.budget import Check, Status, verdict
from dscalc.analysis.versions import Version
from dscalc.check.notices import Notice
from dscalc.errors import Problem
from dscalc.language.budget_file import Entry

if TYPE_CHECKING:
    from dscalc.analysis.accuracy import Accuracy

SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
SHORT = 12  # digits

Verdict: TypeAlias = Literal["pass", "warn", "fail", "none"]
"""What all findings come to; none where a network could not be checked at all."""


class Outcome(NamedTuple):
    """What became of one entry.

    `compared` says whether a base version was asked for, `unasked` whether the budget limits a
    growth that nobody could ask about without one. `top1` is what the authors of the network
    published of it at this setting, `base_top1` what they had of the base version.
    """

    entry: Entry
    checks: tuple[Check, ...]
    base: Version | None
    compared: bool
    unasked: bool
    notices: tuple[Notice, ...] = ()
    top1: Accuracy | None = None
    base_top1: Accuracy | None = None

    @property
    def new(self) -> bool:
        """Whether the base knows nothing of this network."""
        return self.compared and self.base is None


class Unreadable(NamedTuple):
    """An entry whose network could not be checked, and why."""

    network: str
    problems: tuple[Problem, ...]


class Findings(NamedTuple):
    """All that a check found: of each network, of the budget file, and what could not be read.

    With `strict` warnings fail.
    """

    outcomes: tuple[Outcome, ...] = ()
    of_config: tuple[Notice, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    strict: bool = False

    @property
    def checks(self) -> list[Check]:
        return [check for outcome in self.outcomes for check in outcome.checks]

    @property
    def notices(self) -> list[Notice]:
        """What to tell besides the checks, of networks, then of the budget file."""
        of_networks = [notice for outcome in self.outcomes for notice in outcome.notices]
        return [*of_networks, *self.of_config]

    @property
    def unreadable_problems(self) -> list[tuple[str, Problem]]:
        """Why there is no verdict, each reason once, with the network that it is about."""
        first: dict[Problem, str] = {}
        for network, problems in self.unreadable:
            for problem in problems:
                first.setdefault(problem, network)
        return [(network, problem) for problem, network in first.items()]

    @property
    def problems(self) -> list[Problem]:
        return [problem for _, problem in self.unreadable_problems]

    @property
    def failing(self) -> tuple[Status, ...]:
        """Which statuses fail."""
        return ("fail", "warn") if self.strict else ("fail",)

    @property
    def verdict(self) -> Verdict:
        if self.unreadable:
            return "none"
        worst: Status = verdict(self.checks)
        warns = any(notice.status == "warn" for notice in self.notices)
        return "warn" if worst == "pass" and warns else worst


def short(revision: str) -> str:
    """A revision as people read it: of the name of a commit as much as is enough for them."""
    return revision[:SHORT] if SHA.fullmatch(revision) else revision


def together(found: Sequence[Findings]) -> Findings:
    """The findings of several budget files as one."""
    return Findings(
        tuple(outcome for one in found for outcome in one.outcomes),
        tuple(notice for one in found for notice in one.of_config),
        tuple(unreadable for one in found for unreadable in one.unreadable),
    )
