"""What fails or is warned of in words: one block for each network and figure, the worst first."""

from __future__ import annotations

from typing import NamedTuple

from dscalc.analysis.budget import SEVERITY, Check, Status, verdict
from dscalc.analysis.figures import FIGURES
from dscalc.check.outcomes import Findings, Outcome, short
from dscalc.render.sentences import (
    amount,
    culprits,
    finding,
    over,
    percent,
    published,
    since,
    where,
)


class Block(NamedTuple):
    """The checks of one network and figure that do not pass, the worst first.

    `since` is the version that the network is compared with, in words.
    """

    network: str
    metric: str
    checks: tuple[Check, ...]
    since: str

    @property
    def status(self) -> Status:
        return verdict(self.checks)

    @property
    def title(self) -> str:
        """What the figure is."""
        whole = next((check for check in self.checks if check.scope == "network"), None)
        of = self.checks[0].scope
        found = amount(whole) if whole else f"{FIGURES[self.metric].word} of {of}"
        more = len({check.scope for check in self.checks})
        return f"{self.network}: {found}{f' and {more - 1} more' * (not whole and more > 1)}"

    @property
    def notes(self) -> list[str]:
        """What each check says of it, where the figure comes from, and what the budget says."""
        lines = list(dict.fromkeys(f"{_claim(check)}{where(check)}" for check in self.checks))
        known = [c for c in self.checks if c.scope == "network" and c.base is not None]
        lines += [since(check, self.since) for check in known[:1] if self.since]
        blamed = sorted((c for c in self.checks if c.culprits), key=lambda c: not c.grown)
        lines += [culprits(check) for check in blamed[:1]]
        lines += list(dict.fromkeys(published(c) for c in self.checks if c.source))
        return lines + list(dict.fromkeys(c.message for c in self.checks if c.message))


def blocks(findings: Findings) -> list[Block]:
    """All that does not pass."""
    found: list[Block] = []
    for outcome in findings.outcomes:
        by_figure: dict[str, list[Check]] = {}
        for check in outcome.checks:
            if check.status != "pass":
                by_figure.setdefault(check.metric, []).append(check)
        for metric, checks in by_figure.items():
            worst_first = sorted(checks, key=_order)
            network = outcome.entry.label or worst_first[0].network
            found.append(Block(network, metric, tuple(worst_first), base_of(outcome)))
    return sorted(found, key=lambda block: -SEVERITY.index(block.status))


def _order(check: Check) -> tuple[int, bool]:
    return -SEVERITY.index(check.status), check.scope != "network"


def base_of(outcome: Outcome) -> str:
    """The version that a network is compared with: a revision, with the path if it was another."""
    if outcome.base is None:
        return ""
    revision, colon, path = outcome.base.file.partition(":")
    revision = short(revision)
    same = outcome.entry.file.replace("\\", "/").endswith(path)
    return revision if same else f"{revision}{colon}{path}"


def _claim(check: Check) -> str:
    if check.kind == "growth":
        share = f" ({percent(check.delta or 0, check.base)})" if check.base and check.delta else ""
        found = f"{check.delta or 0:+,}{share} of {check.limit:+,}"
        if check.status == "fail":
            return f"{found} allowed, {check.excess:,} too many"
        return f"{found} below the warning mark, {check.excess:,} above"
    if check.scope == "network":
        return over(check)
    line = f" (line {check.line})" if check.line else ""
    return f"{check.scope}{line}: {finding(check)}"
