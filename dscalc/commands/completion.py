"""What a shell offers for the word being typed, found without YAML and without the law.

Where nothing is offered the shell offers files of its own accord.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import typer

from dscalc.errors import DscalcError

COLUMNS = (
    *("name", "kind", "input", "output", "params", "mult_adds", "share", "bar"),
    *("mult_adds_ratio", "flops", "k", "stride", "receptive_field", "receptive_stride"),
    *("memory_in", "memory_out", "peak", "weight_bytes", "intensity"),
)
"""The columns of `net`, as render/net.py has them."""
PATIENCE = 2  # seconds that git is given


def networks(incomplete: str) -> list[str]:
    """Shipped networks, with what of this folder begins alike."""
    from dscalc.language.shipped import shipped_names

    shipped = _beginning(shipped_names(), incomplete)
    return [*shipped, *_entries(incomplete)] if shipped else []


def _entries(incomplete: str) -> list[str]:
    """The files and folders here; hidden ones where a dot was typed."""
    found = [entry.name + "/" * entry.is_dir() for entry in os.scandir()]
    seen = [name for name in found if incomplete or not name.startswith(".")]
    return sorted(_beginning(seen, incomplete))


def revisions(incomplete: str) -> list[str]:
    """Branches and tags of the repository around this folder."""
    import subprocess

    asked = ["git", "for-each-ref", "--format=%(refname:short)"]
    asked += ["refs/heads", "refs/tags", "refs/remotes"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.SubprocessError):
        return []
    return _beginning(["HEAD", *done.stdout.split()] if done.stdout else [], incomplete)


def versions(incomplete: str) -> list[str]:
    """What has two versions: revisions and networks."""
    return [*revisions(incomplete), *networks(incomplete)]


def columns(incomplete: str) -> list[str]:
    """Lists of columns with one more, those with a plus where the last one has it."""
    before, comma, last = incomplete.rpartition(",")
    plus = "+" * last.startswith("+")
    named = {one.strip().removeprefix("+") for one in before.split(",")}
    more = [f"{plus}{name}" for name in COLUMNS if name not in named]
    return [f"{before}{comma}{name}" for name in _beginning(more, last)]


def destinations(incomplete: str) -> list[str]:
    """FORMAT: of FORMAT:PATH."""
    from dscalc.render.formats import FORMATS

    return _beginning([f"{form}:" for form in FORMATS], incomplete)


def layers(ctx: typer.Context, incomplete: str) -> list[str]:
    """The layers of the network that was typed before, which must be read for that."""
    from dscalc.law.network import measure
    from dscalc.models.source import load

    network = ctx.params.get("network")
    if network in (None, "-"):
        return []
    try:
        report = measure(load(str(network)))
    except DscalcError:
        return []
    names = [row.name for rows in (report.rows, report.expanded()) for row in rows]
    return _beginning(dict.fromkeys(names), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
