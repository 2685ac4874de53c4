"""A `.pt2` file is a zip that holds the exported program as JSON; nothing is unpickled.

The schema is torch/_export/serde/schema.yaml. PyTorch 2.8 and later write `models/model.json`, and
beside it which file holds which weight; earlier ones `serialized_exported_program.json` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.archive import member, members
from dscalc.models.json_text import MOST_BYTES, mapping, parse_json

OLD_PROGRAM = "serialized_exported_program.json"

Json = Mapping[str, Any]


class Archive(NamedTuple):
    """The program, and by a parameter's name the file in the archive that holds it."""

    program: Json
    homes: Mapping[str, str]


def read_archive(data: memoryview) -> Archive:
    """What a `.pt2` file holds but the weights; raises DscalcError if it is none, or damaged."""
    names = members(data)
    programs = [
        name
        for name in names
        if name.endswith(".json") and ("/models/" in name or name.rpartition("/")[2] == OLD_PROGRAM)
    ]
    if not programs:
        raise DscalcError(
            "an archive without an exported program; a .pt2 file is written by "
            "torch.export.save(torch.export.export(module, inputs), path)"
        )
    if len(programs) > 1:
        raise DscalcError(f"an archive of {len(programs)} programs; export one alone")
    homes: dict[str, str] = {}
    for name in names:
        if name.endswith(("/model_weights_config.json", "/model_constants_config.json")):
            homes |= _homes(_json(data, name))
    return Archive(_json(data, programs[0]), homes)


def _json(data: memoryview, name: str) -> Json:
    return mapping(parse_json(memoryview(member(data, name, MOST_BYTES))), f"'{name}'")


def _homes(config: Json) -> dict[str, str]:
    entries = config.get("config")
    if not isinstance(entries, dict):
        return {}
    return {
        name: str(entry["path_name"])
        for name, entry in entries.items()
        if isinstance(entry, dict) and entry.get("path_name")
    }
