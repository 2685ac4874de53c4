"""Finds and reads what NETWORK names: a path, `-`, or a shipped network, in YAML."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from dscalc.errors import DscalcError, nearest
from dscalc.language.network_file import NetworkFile, read_network
from dscalc.language.shipped import (
    configs,
    is_shipped,
    shipped_files,
    shipped_names,
    shipped_variants,
    variants_in,
)
from dscalc.law.network import Network
from dscalc.law.setting import AS_WRITTEN, apply

if TYPE_CHECKING:
    from dscalc.analysis.accuracy import Accuracy, Row

LARGEST_FILE = 2 * 2**20  # bytes; a network in full takes some thousands
LARGEST_PIPED = 256 * 2**20  # bytes of a model that has no path, and so is read whole
BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
STANDARD_INPUT = "<stdin>"  # the name under which errors speak of it


class Named(NamedTuple):
    """What NETWORK names: a file, or standard input where there is no path, and a variant in it."""

    path: Path | None
    variant: str = ""

    @property
    def shown(self) -> str:
        """The name under which errors speak of it."""
        return STANDARD_INPUT if self.path is None else str(self.path)


def find(name: str) -> Named:
    """The file that NETWORK names: a path, `-`, or a shipped network; or that of a variant.

    A path that exists wins over a shipped name; `.yaml` may be left out of a shipped name. A name
    may be that of a variant: of a shipped file, or behind a folder, of a file in it.
    Raises DscalcError where there is none.
    """
    if name == "-":
        return Named(None)
    if not name:
        raise DscalcError("NETWORK is empty; it is a path, - or the name of a shipped network")
    if "\0" in name:
        raise DscalcError("a file's name cannot hold a NUL character")
    path = Path(name)
    if _exists(path):
        return Named(path)
    return _variant(name) or Named(_shipped_path(name))


def load(network: str) -> Network:
    """The network in a YAML file, on standard input, or shipped under that name.

    Raises DscalcError where there is none, where it cannot be read, or for what is wrong in it.
    """
    return load_file(network).network


def load_file(network: str) -> NetworkFile:
    """The same with all else that the file says: published figures, a budget."""
    named = find(network)
    return network_in(decode(beginning(named), named.shown), named.shown, named.variant)


def network_in(text: str, file: str, variant: str = "") -> NetworkFile:
    """What the text of a file says, or of a variant in it; raises DscalcError for what is wrong.

    Of a variant these are the figures published at its own setting, and no budget.
    """
    found = read_network(text, file)
    if not variant:
        return found
    if variant not in found.variants:
        raise DscalcError(f"{file}: has no variant '{variant}'")
    setting = found.variants[variant]
    scaled = apply(found.network, setting)
    figures = [figure for figure in found.published if figure.setting == setting]
    published = tuple(figure._replace(setting=AS_WRITTEN) for figure in figures)
    return NetworkFile(scaled._replace(name=variant), published, None)


def read(name: str) -> tuple[str, str]:
    """The text that NETWORK names, and the name under which errors speak of it."""
    named = find(name)
    return decode(beginning(named), named.shown), named.shown


def accuracies_of(name: str, file: NetworkFile) -> list[Accuracy]:
    """The published accuracies of what NETWORK names: of its file, and if it is shipped, of its
    row in accuracy.csv."""
    stem = name.removesuffix(".yaml")
    shipped = name != "-" and not _exists(Path(name)) and is_shipped(stem)
    if not shipped and not file.published:
        return []
    from dscalc.analysis.accuracy import accuracies_in

    return [
        *accuracies_in(file.published),
        *(_shipped_accuracies(stem) if shipped else ()),
    ]


def top1_at(name: str, file: NetworkFile, network: Network) -> Accuracy | None:
    """The top-1 that the authors published of `network`, which is what NETWORK names at a setting.

    `file` is what NETWORK says; None where they published nothing of it there.
    """
    known = accuracies_of(name, file)
    if not known:
        return None
    from dscalc.analysis.accuracy import top1_of

    return top1_of(file.network, known).of(network)


def shipped_accuracies() -> dict[str, list[Accuracy]]:
    """The accuracies in accuracy.csv by the names of their networks."""
    return {name: _shipped_accuracies(name) for name in _shipped_rows()}


def _shipped_accuracies(name: str) -> list[Accuracy]:
    """Those of one network alone: to read a row takes ten times as long as to find it."""
    from dscalc.analysis.accuracy import read_accuracies

    return read_accuracies(_shipped_rows().get(name, ()), str(configs() / "accuracy.csv"))


@cache
def _shipped_rows() -> dict[str, list[Row]]:
    from dscalc.analysis.accuracy import rows_by_network

    path = configs() / "accuracy.csv"
    return rows_by_network(path.read_text(encoding="utf-8"), str(path))


def _variant(name: str) -> Named | None:
    """The file that has a variant of this name, where the name is that of no file."""
    path = Path(name)
    stem = path.name.removesuffix(".yaml")
    if str(path.parent) != "." or name.startswith("./"):
        file = variants_in(path.parent).get(stem)
    elif stem in shipped_files():
        return None
    else:
        file = shipped_variants().get(stem)
    return None if file is None else Named(file, stem)


def _shipped_path(name: str) -> Path:
    stem = name.removesuffix(".yaml")
    if stem in shipped_files():
        return configs() / f"{stem}.yaml"
    hint = nearest(stem, shipped_names()) or "; `dscalc list` shows those"
    raise DscalcError(f"{name}: no such file, and no shipped network of that name{hint}")


def variants_of(name: str) -> list[str]:
    """The variants of a shipped file by their names, where NETWORK names one that has some."""
    stem = name.removesuffix(".yaml")
    if name == "-" or _exists(Path(name)):
        return []
    return [one for one, path in shipped_variants().items() if path.stem == stem]


def family_of(name: str) -> str:
    """The shipped file that has what NETWORK names as a variant; else what NETWORK names."""
    named = find(name)
    return named.path.stem if named.variant and named.path else name.removesuffix(".yaml")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise DscalcError(f"{path}: {error.strerror}") from None


def beginning(named: Named, wants_all: Callable[[bytes], bool] = lambda start: False) -> bytes:
    """As much of a file as a text may have, and one byte more where there is more.

    All of it, where what it begins with is wanted whole.
    """
    try:
        if named.path is not None:
            with named.path.open("rb") as file:
                return _read(file, wants_all)
        if sys.stdin is None:
            raise DscalcError(f"{STANDARD_INPUT}: standard input is closed")
        return _read(sys.stdin.buffer, wants_all)
    except OSError as error:
        raise DscalcError(f"{named.shown}: {error.strerror}") from None


def _read(file: BinaryIO, wants_all: Callable[[bytes], bool]) -> bytes:
    start = file.read(LARGEST_FILE + 1)
    return start + file.read(LARGEST_PIPED) if wants_all(start) else start


def decode(data: bytes, file: str) -> str:
    """The text of a file's bytes: UTF-8, or UTF-16 with its byte order mark, as PowerShell writes.

    Raises DscalcError where it is no text, or too much of it.
    """
    if len(data) > LARGEST_FILE:
        raise DscalcError(f"{file}: larger than {LARGEST_FILE // 2**20} MiB, so no network file")
    wide = data.startswith(BYTE_ORDER_MARKS)
    encoding = "utf-16" if wide else "utf-8"
    data = data.removeprefix(codecs.BOM_UTF8)
    binary = DscalcError(f"{file}: a binary file, not YAML")
    if b"\0" in data and not wide:
        raise binary
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding)
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        name = "UTF-16" if wide else "UTF-8"
        raise DscalcError(
            f"{file}:{line}:{column}: not {name}: byte 0x{data[error.start]:02x}"
        ) from None
    if "\0" in text:
        raise binary
    return text
