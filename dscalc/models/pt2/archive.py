"""A `.pt2` file is a zip that holds the exported program as JSON; nothing is unpickled.

The schema is torch/_export/serde/schema.yaml; torch 2.8 and later write `models/model.json` and the
sizes of weights beside it, earlier ones `serialized_exported_program.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, NamedTuple

from dscalc.errors import DscalcError

LARGEST_JSON = 64 * 2**20  # bytes; a program of 10,000 operators takes some ten million
OLD_PROGRAM = "serialized_exported_program.json"

Json = Mapping[str, Any]


class Archive(NamedTuple):
    """The program, and by a parameter's name the file in the archive that holds it."""

    program: Json
    homes: Mapping[str, str]


def read_archive(file: IO[bytes]) -> Archive:
    """What a `.pt2` file holds but the weights; raises DscalcError if it is none, or damaged."""
    import zipfile

    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            program = _only(archive, names, "/models/", OLD_PROGRAM)
            homes: dict[str, str] = {}
            for name in names:
                if name.endswith(("weights_config.json", "constants_config.json")):
                    homes |= _homes(_json(archive, name))
    except (zipfile.BadZipFile, OSError, NotImplementedError, EOFError, RuntimeError) as error:
        raise DscalcError(f"the archive is damaged: {error}") from None
    return Archive(program, homes)


def _only(archive: Any, names: list[str], folder: str, old: str) -> Json:
    found = [
        name
        for name in names
        if name.endswith(".json") and (folder in name or name.rpartition("/")[2] == old)
    ]
    if not found:
        raise DscalcError(
            "the archive holds no exported program; a .pt2 file is written by "
            "torch.export.save(torch.export.export(module, inputs), path)"
        )
    if len(found) > 1:
        raise DscalcError(f"the archive holds {len(found)} programs; export one alone")
    return _json(archive, found[0])


def _json(archive: Any, name: str) -> Json:
    import json

    if archive.getinfo(name).file_size > LARGEST_JSON:
        raise DscalcError(f"'{name}' unpacks to more than {LARGEST_JSON // 2**20} MB")
    try:
        with archive.open(name) as entry:
            value = json.loads(entry.read(LARGEST_JSON + 1))
    except (ValueError, RecursionError) as error:
        raise DscalcError(f"'{name}' is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise DscalcError(f"'{name}' is no mapping")
    return value


def _homes(config: Json) -> dict[str, str]:
    entries = config.get("config")
    if not isinstance(entries, dict):
        return {}
    return {
        name: str(entry["path_name"])
        for name, entry in entries.items()
        if isinstance(entry, dict) and entry.get("path_name")
    }
