"""What stands above the tables of every answer but a network's: what matters most of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dscalc.analysis.figures import COMPARED, FIGURES
from dscalc.analysis.terms import MEMORY_RULES, Terms
from dscalc.render.grid import shown
from dscalc.render.page import Fact, Page
from dscalc.render.words import sides_text

if TYPE_CHECKING:
    from dscalc.analysis.budget import Status
    from dscalc.analysis.choose import Choices
    from dscalc.analysis.fit import Fit
    from dscalc.analysis.forms import Question, Variant
    from dscalc.analysis.neighbours import Found
    from dscalc.analysis.planned import MemoryMap
    from dscalc.analysis.published import Finding
    from dscalc.analysis.sweep import Sweep
    from dscalc.analysis.versions import Difference
    from dscalc.check.history import History
    from dscalc.check.limits import Retaken
    from dscalc.check.outcomes import Findings
    from dscalc.law.network import Report


def _count(number: int, word: str) -> Fact:
    """So many of something, in the singular where it is one."""
    return Fact(f"{number:,}", word if number == 1 else f"{word}s")


def sweep_page(sweep: Sweep) -> Page:
    facts = [_count(sweep.size, "point"), _count(len(sweep.series), "network")]
    if sweep.limits:
        kept = [point for one in sweep.series for point in one.points if not sweep.over(point)]
        facts.append(Fact(f"{len(kept):,}", "within every limit"))
        if kept:
            most = max(point.cost.mult_adds for point in kept)
            facts.append(Fact(f"{most:,}", "mult-adds, the most within"))
    return Page(facts)


def fit_page(fits: Sequence[Fit]) -> Page:
    """The best α of each network; the most that they compute is not comparable otherwise."""
    best: dict[int, Fit] = {}
    for fit in fits:
        if fit.fits:
            best.setdefault(id(fit.network), fit)
    facts = [
        Fact(
            f"α {shown(fit.point.alpha, 'factor')}",
            f"{fit.network.name} at {sides_text(fit.point.sides)}",
        )
        for fit in best.values()
    ]
    return Page(facts or [Fact("none", "fits every limit")])


def choose_page(choices: Choices) -> Page:
    if not choices.fitting:
        return Page([Fact("none", "keeps every limit")])
    best = choices.fitting[0]
    cost = best.point.figures(choices.question.terms)
    accuracy = shown(best.accuracy.value, "percent")
    return Page(
        [
            Fact(accuracy, f"{best.name} at {sides_text(best.point.sides)}, the most accurate"),
            *(Fact(f"{cost[key]:,}", f"its {figure.word}") for key, figure in COMPARED.items()),
        ]
    )


def memory_page(found: MemoryMap) -> Page:
    return Page([Fact(f"{found.peak:,}", MEMORY_RULES[found.rule]), Fact(found.layer, "the peak")])


def layer_page(question: Question, variants: Sequence[Variant]) -> Page:
    """The separable form, the last, beside the standard one, the first."""
    standard, separable = variants[0], variants[-1]
    fewer = shown(separable.mult_adds_ratio, "fewer")
    where = "mult-adds" if question.df else "mult-adds a position"
    return Page(
        [
            Fact(f"{standard.row.cost.mult_adds:,}", f"{where}, standard"),
            Fact(f"{separable.row.cost.mult_adds:,}", f"{where}, separable"),
            Fact(fewer, "mult-adds, separable"),
        ]
    )


def explain_page(found: Found, report: Report) -> Page:
    terms, total = Terms(), report.total
    facts = []
    for figure in COMPARED.values():
        cost, whole = figure.of_cost(found.row.cost, terms), figure.of_cost(total, terms)
        share = shown(cost / (whole or 1), "share")
        facts.append(Fact(f"{cost:,}", f"{figure.word}, {share} of the network's"))
    return Page(facts)


def list_page(reports: Sequence[tuple[str, Report]]) -> Page:
    return Page([_count(len(reports), "network")], "Networks that ship with dscalc")


def verify_page(findings: Sequence[tuple[str, Finding]]) -> Page:
    unexplained = sum(not finding.explained for _, finding in findings)
    slips = sum(finding.relation == "slip" for _, finding in findings)
    return Page(
        [
            _count(len(findings), "published figure"),
            Fact(f"{len(findings) - slips - unexplained:,}", "ours, rounded or cut"),
            _count(slips, "known slip"),
            Fact(f"{unexplained:,}", "unexplained"),
        ],
        "Published figures beside ours",
    )


def diff_page(differences: Sequence[Difference]) -> Page:
    """What changed in all of them together."""
    changed = [one for one in differences if one.changes or one.base is None or one.head is None]
    facts = [Fact(f"{len(changed):,} of {len(differences):,}", "networks changed")]
    for key, figure in COMPARED.items():
        was, now = (
            sum(getattr(side.totals, key) for side in sides if side is not None)
            for sides in (
                [one.base for one in differences],
                [one.head for one in differences],
            )
        )
        facts.append(Fact(f"{now - was:+,}", figure.word))
    return Page(facts)


def history_page(history: History) -> Page:
    facts = [_count(len(history.moments), "commit")]
    known: list[Mapping[str, int]] = [one.figures for one in history.moments if one.figures]
    if known:
        last = known[-1]
        facts += [Fact(f"{value:,}", f"{FIGURES[key].word} now") for key, value in last.items()]
    return Page(facts)


def check_page(findings: Findings) -> Page:
    statuses = [check.status for check in findings.checks]
    facts = [Fact(f"{statuses.count(status):,}", word) for status, word in STATUSES.items()]
    if findings.unreadable:
        facts.append(Fact(f"{len(findings.unreadable):,}", "not checked"))
    return Page([_count(len(findings.outcomes) + len(findings.unreadable), "network"), *facts])


STATUSES: dict[Status, str] = {"fail": "over budget", "warn": "warned of", "pass": "within budget"}
"""What is said of checks of each status."""


def budget_page(made: Retaken) -> Page:
    return Page(
        [
            _count(made.limits, "limit"),
            Fact(f"{len(made.changes):,}", "changed"),
            Fact(f"{len(made.broken):,}", "broken, and left as they were"),
        ]
    )
