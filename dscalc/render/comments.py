"""Pull-request comments: one sentence, tables with what matters first, the rest folded away."""

from __future__ import annotations

from collections.abc import Sequence

from dscalc.analysis.versions import Difference
from dscalc.check.outcomes import Outcome
from dscalc.render.formats import as_markdown
from dscalc.render.grid import Grid
from dscalc.render.sentences import summary
from dscalc.render.text import prose
from dscalc.render.verdicts import check_grids, diff_grids

LONGEST = 60_000  # characters; forges refuse comments that are not much longer


def check_comment(outcomes: Sequence[Outcome]) -> str:
    """The verdict as Markdown; networks that pass and did not change are folded away."""
    quiet = [outcome for outcome in outcomes if _is_quiet(outcome)]
    loud = [outcome for outcome in outcomes if not _is_quiet(outcome)]
    if not loud and not any(outcome.compared for outcome in outcomes):
        quiet, loud = [], list(outcomes)
    shown = check_grids(loud) if loud else []
    folded = check_grids(quiet) if quiet else []
    untitled = [grid._replace(title="") if n == 0 else grid for n, grid in enumerate(shown)]
    heading = "Unchanged" if any(outcome.compared for outcome in outcomes) else "Within budget"
    return _comment(summary(outcomes), untitled, heading, folded)


def _is_quiet(outcome: Outcome) -> bool:
    return not outcome.new and all(
        check.status == "pass" and not check.delta for check in outcome.checks
    )


def diff_comment(differences: Sequence[Difference]) -> str:
    """The changes as Markdown; networks without any are folded away."""
    changed = [d for d in differences if d.changes or d.base is None or d.head is None]
    same = [d for d in differences if d not in changed]
    sentence = f"{len(changed)} of {len(differences)} networks changed."
    return _comment(sentence, diff_grids(changed), "Unchanged", diff_grids(same))


def _comment(sentence: str, shown: Sequence[Grid], heading: str, folded: Sequence[Grid]) -> str:
    """The comment, its tables cut from below until it is short enough."""
    most = max((max(len(grid.rows), len(grid.notes)) for grid in (*shown, *folded)), default=0)
    grids = len(shown) + len(folded)
    while True:
        parts = _cut(shown, most, grids), heading, _cut(folded, most, grids)
        text = _whole_comment(sentence, *parts)
        if len(text) <= LONGEST:
            return text
        if most == 0 and grids == 0:
            return f"**{prose(sentence)}**\n"[:LONGEST]
        most, grids = (most // 2, grids) if most > grids else (most, grids // 2)


def _cut(grids: Sequence[Grid], rows: int, most: int) -> list[Grid]:
    """The first grids with their first rows and notes, and how much is left out."""
    cut = []
    for grid in grids[:most]:
        notes = [*_more(grid.rows, rows), *grid.notes[:rows], *_more(grid.notes, rows)]
        cut.append(grid._replace(rows=grid.rows[:rows], notes=notes))
    return [*cut, Grid(notes=_more(grids, most))] if len(grids) > most else cut


def _more(items: Sequence[object], shown: int) -> list[str]:
    return [f"… and {len(items) - shown} more."] if len(items) > shown else []


def _whole_comment(
    sentence: str, shown: Sequence[Grid], heading: str, folded: Sequence[Grid]
) -> str:
    parts = [f"**{prose(sentence)}**\n"]
    if shown:
        parts.append(as_markdown(shown))
    if folded:
        inner = as_markdown(folded)
        parts.append(f"<details><summary>{heading}</summary>\n\n{inner}\n</details>\n")
    return "\n".join(parts)
