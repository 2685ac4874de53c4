"""What a verdict tells besides its checks: what is new, and what is held less than it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from dscalc.analysis.budget import (
    TOP1,
    Allowance,
    Budget,
    LayerRule,
    Least,
    Limit,
    Percent,
    named_rules,
)
from dscalc.analysis.figures import FIGURES
from dscalc.analysis.published import METRICS
from dscalc.check.pairs import at_same_setting, paired
from dscalc.errors import Place
from dscalc.language.budget_file import Config, Entry
from dscalc.quantities import Quantity

Kind: TypeAlias = Literal[
    "new",
    "renamed",
    "unchecked",
    "unlimited",
    "raised",
    "lowered",
    "setting",
    "unread",
    "absent",
    "rebuilt",
    "stale",
]
"""A network that the base does not have, or has under another name; a network or a figure that
the base held to a budget and that is not held now, a limit that went up, or down where it is the
least of an accuracy, a network measured at another setting; a budget that was not read; an optional
file that is not there; a written number that is built as another; an accuracy that was published of
the network before it changed."""

BY_TERMS = "that of the entry"
"""The rule of a limit that says none."""

Amount: TypeAlias = Quantity | Percent | None


class Notice(NamedTuple):
    """One thing to tell of a network; `place` is where to look.

    One that `warns` fails where warnings do, unless the change itself says why it is `accepted`.
    """

    kind: Kind
    network: str
    text: str
    place: Place | None = None
    warns: bool = False
    accepted: str = ""

    @property
    def status(self) -> Literal["pass", "warn"]:
        return "warn" if self.warns and not self.accepted else "pass"

    @property
    def sentence(self) -> str:
        """What it says, with the reason for which it is accepted."""
        reason = f" (accepted: {self.accepted})" if self.accepted else ""
        if self.kind == "new":
            return f"{self.network} is new: {self.text}{reason}"
        if self.kind == "unchecked":
            return f"no longer checked: {self.network}{self.text}{reason}"
        return f"{self.network}: {self.text}{reason}"

    @property
    def id(self) -> str:
        """What stays the same of a notice while lines and base versions move."""
        return f"{self.network}:{self.kind}:{'' if self.kind == 'renamed' else self.text}"


# ---------------------------------------------------------------- budgets


def budget_notices(network: str, was: Budget, now: Budget) -> Iterator[Notice]:
    """What a budget asks less than it did."""
    whole = _fresh(now.accept, was.accept)
    if now.only_worse and not was.only_worse:
        text = "only_worse: what is over a limit and no worse than it was passes from now on"
        yield Notice("raised", network, text, now.place, True, whole)
    there = _parts(now)
    for what, before in _parts(was).items():
        after = there.get(what)
        accepted = (_fresh(after.accept, before.accept) if after else "") or whole
        place = (after.place if after else None) or now.place
        for kind, text in _loosened(what, before, after):
            yield Notice(kind, network, text, place, True, accepted)
    if was.top1 is not None:
        accepted = (_fresh(now.top1.accept, was.top1.accept) if now.top1 else "") or whole
        place = (now.top1.place if now.top1 else None) or now.place
        for kind, text in _asks_less(METRICS[TOP1].lower(), was.top1, now.top1):
            yield Notice(kind, network, text, place, True, accepted)


def _parts(budget: Budget) -> dict[str, Limit | Allowance]:
    """Every limit on costs of a budget by what it is a limit on, in words."""
    parts: dict[str, Limit | Allowance] = {
        FIGURES[key].word: limit for key, limit in budget.limits.items()
    }
    parts.update({f"growth of {FIGURES[key].word}": a for key, a in budget.growth.items()})
    for rule, name in named_rules(budget):
        parts.update(_rule_parts(rule, name))
    return parts


def _rule_parts(rule: LayerRule, name: str) -> dict[str, Limit]:
    return {f"{FIGURES[key].word} of '{name}'": limit for key, limit in rule.limits.items()}


def _loosened(
    what: str, was: Limit | Allowance, now: Limit | Allowance | None
) -> Iterator[tuple[Kind, str]]:
    """How a limit holds less than it did, in words."""
    if now is None:
        amount = was.max or was.warn
        yield "unlimited", f"{what}: no longer limited (was {amount.text if amount else ''})"
        return
    if isinstance(was, Limit) and isinstance(now, Limit) and was.rule != now.rule:
        yield "setting", f"{what}: rule changed {was.rule or BY_TERMS} → {now.rule or BY_TERMS}"
    for word, before, after in (("limit", was.max, now.max), ("warning mark", was.warn, now.warn)):
        if before is not None and after is None:
            yield "unlimited", f"{what}: {word} of {before.text} taken away"
        elif before is not None and after is not None and _may_be_more(before, after):
            yield "raised", f"{what}: {word} raised {before.text} → {after.text}"
    if isinstance(was, Allowance) and isinstance(now, Allowance) and now.ignore_below:
        ignored = was.ignore_below.value if was.ignore_below else 0
        if now.ignore_below.value > ignored:
            before_text = was.ignore_below.text if was.ignore_below else "0"
            yield "raised", f"{what}: ignore_below raised {before_text} → {now.ignore_below.text}"


def _asks_less(what: str, was: Least, now: Least | None) -> Iterator[tuple[Kind, str]]:
    """How the least of an accuracy is less than it was, in words."""
    if now is None:
        amount = was.min or was.warn
        yield "unlimited", f"{what}: no longer limited (was {amount.text if amount else ''})"
        return
    for word, before, after in (("limit", was.min, now.min), ("warning mark", was.warn, now.warn)):
        if before is not None and after is None:
            yield "unlimited", f"{what}: {word} of {before.text} taken away"
        elif before is not None and after is not None and after.value < before.value:
            yield "lowered", f"{what}: {word} lowered {before.text} → {after.text}"


def _may_be_more(before: Quantity | Percent, after: Quantity | Percent) -> bool:
    """Whether a limit went up, or may have: a count and a percentage cannot be compared."""
    if type(before) is type(after):
        return after.value > before.value
    return after.value > 0


def _fresh(now: str, was: str) -> str:
    """A reason that was given in this change; one that stood there before accepts nothing new."""
    return now if now != was else ""


# ---------------------------------------------------------------- budget files


def config_notices(
    file: str,
    was: Config,
    now: Config,
    before: Callable[[Entry], str],
    here: Callable[[Entry], str],
) -> Iterator[Notice]:
    """What a budget file holds less than it did.

    `before` and `here` say by which name an entry of each is the same network.
    """
    if was.growth_from_base and not now.growth_from_base:
        text = "growth_from: base taken away, which holds once more for this change"
        accepted = _fresh(now.accept, was.accept)
        yield Notice("raised", file, text, None, True, accepted)
    for old, new in paired(was.entries, now.entries, before, here):
        if new is None:
            accepted = _fresh(now.accept, was.accept)
            place = now.entries[0].place if now.entries else None
            yield Notice("unchecked", old.label, "", place, True, accepted)
            continue
        if not at_same_setting(old, new):
            accepted = _fresh(new.budget.accept, old.budget.accept)
            text = f"setting changed {old.label} → {new.label}"
            yield Notice("setting", new.label, text, new.place, True, accepted)
        yield from budget_notices(new.label, old.budget, new.budget)
