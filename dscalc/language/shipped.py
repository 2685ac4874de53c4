"""Which networks come with dscalc, by name: found without reading any of them as one."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from dscalc.errors import DscalcError

LONGEST = 2 * 2**20  # characters of a file in which variants are looked for


def configs() -> Path:
    """The folder of shipped networks: inside an installed wheel, beside the package in a clone."""
    package = Path(__file__).parent.parent
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


@cache
def shipped_files() -> tuple[str, ...]:
    """The names of the files of networks that come with dscalc."""
    return tuple(sorted(path.stem for path in configs().glob("*.yaml")))


def shipped_names() -> list[str]:
    """The names of the networks that come with dscalc: the variants of a file that has some."""
    variants = shipped_variants()
    with_variants = {path.stem for path in variants.values()}
    return sorted([*variants, *(name for name in shipped_files() if name not in with_variants)])


def is_shipped(name: str) -> bool:
    """Whether a name, with or without `.yaml`, is that of a network that comes with dscalc."""
    stem = name.removesuffix(".yaml")
    return "/" not in stem and (
        (configs() / f"{stem}.yaml").is_file() or stem in shipped_variants()
    )


VARIANTS = r"(?m)^[\"']?variants[\"']?[ \t]*:"
BLOCK = r"(?m)^variants:[^\n]*\n((?:[ \t]+[^\n]*\n|[ \t]*#[^\n]*\n|\n)+)"
VARIANT = r"(?m)^  ([A-Za-z0-9_.-]+):"


@cache
def shipped_variants() -> dict[str, Path]:
    return variants_in(configs())


def variants_in(folder: Path) -> dict[str, Path]:
    """The variants of all files of a folder, found without reading these as networks."""
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.yaml")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if len(text) <= LONGEST and re.search(VARIANTS, text):
            found |= dict.fromkeys(_names(text, path.name), path)
    return found


def _names(text: str, file: str) -> list[str]:
    """The names of a file's variants, as they are usually written or, if need be, parsed."""
    names = [name for block in re.findall(BLOCK, text) for name in re.findall(VARIANT, block)]
    if names:
        return names
    from dscalc.language.values import Table
    from dscalc.language.yaml_text import parse

    try:
        document, _ = parse(text, file)
    except DscalcError:
        return []  # which is told where the file is asked for
    given = document.items.get("variants") if isinstance(document, Table) else None
    return list(given.items) if isinstance(given, Table) else []
