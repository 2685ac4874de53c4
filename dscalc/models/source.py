"""What NETWORK names, in whatever it is written: YAML, or a model file, told by its content.

The readers of model files load only where the first bytes are not those of a text in YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from dscalc.errors import DscalcError
from dscalc.language.files import (
    BYTE_ORDER_MARKS,
    LARGEST_PIPED,
    beginning,
    decode,
    find,
    network_in,
)
from dscalc.language.network_file import NetworkFile
from dscalc.law.network import Network
from dscalc.law.setting import Setting, apply

if TYPE_CHECKING:
    from dscalc.models.inputs import Given

CONTROL = bytes(set(range(32)) - set(b"\t\n\r"))  # no text has these
TEXTS = (b"{", b"<", b"7767517", b"version https://git-lfs")  # of models that are texts
BEGINNINGS = (b"PK\x03\x04", b"\x89HDF", b"\x08", b"\x3a", b"\x42")  # archives, HDF5, ONNX
LOOKED_AT = 4096  # bytes at the front that tell a text from a model
SAVED_MODEL, MLPACKAGE = "saved_model.pb", "Manifest.json"  # what is in the folders of models


def load(network: str | Path, inputs: Mapping[str, tuple[int, ...] | int | float] | None = None
         ) -> Network:  # fmt: skip
    """The network in a YAML or model file, on standard input (`-`), or shipped under that name.

    A path that exists wins over a shipped name; `.yaml` may be left out of a shipped name. A name
    may be that of a variant: of a shipped file, or behind a folder, of a file in it. `inputs` are
    shapes for a model file's inputs, in its own order of axes, or values of single numbers.
    Raises DscalcError where there is none, where it cannot be read, or for what is wrong in it.
    """
    return load_file(network, inputs).network


def load_at(network: str | Path, setting: Setting) -> Network:
    """The same at a setting."""
    return apply(load(network, dict(setting.inputs)), setting)


def load_file(network: str | Path, inputs: Given | None = None) -> NetworkFile:
    """The same with all else that the file says: published figures, a budget; a model has none.

    Raises DscalcError where inputs are said of a network that is read from no model file, too.
    """
    file = file_in(content(str(network)), inputs)
    if inputs and file.network.again is None:
        raise DscalcError(
            f"{file.network.file or file.network.name}: inputs are said of model files; a network "
            "in YAML says its own, and --resolution or --rho other sides"
        )
    return file


class Content(NamedTuple):
    """What a file holds: its beginning, or all of it where it has no path; a variant of it."""

    name: str
    start: bytes
    path: Path | None = None
    variant: str = ""


def content(network: str) -> Content:
    """What NETWORK names holds; raises DscalcError where there is none or it cannot be read."""
    named = find(network)
    if named.path is not None and named.path.is_dir():
        _refuse_folder(named.path)
    path = named.path if named.path is not None and named.path.is_file() else None
    start = beginning(named, _begins_a_model) if path is None else beginning(named)
    if path is None and len(start) > LARGEST_PIPED:
        raise DscalcError(f"{named.shown}: larger than {LARGEST_PIPED // 2**20} MiB; say its path")
    return Content(named.shown, start, path, named.variant)


def file_in(content: Content, inputs: Given | None = None) -> NetworkFile:
    """What a content says, in YAML or as a model; raises DscalcError as `load` does."""
    if may_be_model(content.start):
        data = content.start if content.path is None else None
        from dscalc.models.model_source import Source

        model = Source(content.name, data, dict(inputs or {})).network()
        if model is not None:
            return NetworkFile(model, (), None)
        if b"\0" in content.start[:LOOKED_AT]:
            _refuse(content.name, "unknown")
    return network_in(decode(content.start, content.name), content.name, content.variant)


def may_be_model(start: bytes) -> bool:
    """Whether the bytes at the front of a file are not those of a text in YAML."""
    head = start[:LOOKED_AT]
    if head.startswith(BYTE_ORDER_MARKS):
        return False
    of_text = head.translate(None, CONTROL) == head
    return head.lstrip().startswith(TEXTS) or b"layer {" in head or not of_text


def _begins_a_model(start: bytes) -> bool:
    """Whether what has no path is to be read to its end: it begins as a model that is read."""
    return start.startswith(BEGINNINGS) or start[4:8] == b"TFL3" or start.lstrip()[:1] == b"{"


def _refuse_folder(folder: Path) -> None:
    """Names the model that is kept in a folder; raises DscalcError if it is one."""
    for inside, form in ((SAVED_MODEL, "saved_model"), (MLPACKAGE, "coreml")):
        if (folder / inside).is_file():
            _refuse(str(folder), form)


def _refuse(name: str, form: str) -> NoReturn:
    """Names a file of a format that is not read, and the way out."""
    from dscalc.models.formats import OTHERS

    raise DscalcError(f"{name}: {OTHERS[form]}")
