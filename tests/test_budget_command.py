"""`dscalc budget`: today's figures as limits, in place, whole or not at all, each change said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dscalc.render.formats import FORMATS
from tests.commands import Result, call_in
from tests.scratch import TINY, WIDER, network

NET = "nets/tiny.yaml"
WRITTEN = """\
# What networks may cost at most; `dscalc check` holds them to it.
version: 1
networks:
  - file: nets/tiny.yaml
    budget: {params: 396, mult_adds: 25_344, memory: 3_072B}
"""
"""3,072 bytes: 8·8·(4 + 8) activations of four bytes are alive at the second layer of TINY."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    write(tmp_path, NET, TINY)
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(text.encode())


def budget(folder: Path, *arguments: str, code: int = 0) -> Result:
    result = call_in(folder, "budget", *arguments)
    assert result.code == code, result
    return result


def changes(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    return list(json.loads(budget(folder, *arguments, "--format", "json").out)["changes"])


def config(folder: Path) -> str:
    return (folder / "dscalc.yaml").read_bytes().decode()


# ---------------------------------------------------------------- a new file


def test_one_command_writes_a_budget_file_that_check_reads(folder: Path) -> None:
    said = budget(folder, NET, "mobilenet").out
    assert said.startswith("dscalc.yaml: written, with 6 limits.\n")
    assert "4,231,976" in said
    assert config(folder).startswith(WRITTEN)
    assert call_in(folder, "check").out.startswith("2 networks within budget: 6 checks pass.\n")
    write(folder, NET, WIDER)
    assert call_in(folder, "check").code == 1


def test_it_stands_at_the_root_and_names_files_from_there(folder: Path) -> None:
    budget(folder / "nets", "tiny.yaml")
    assert config(folder) == WRITTEN
    budget(folder, "--config", "nets/own.yaml", NET)
    assert "file: tiny.yaml\n" in (folder / "nets/own.yaml").read_text(encoding="utf-8")
    assert call_in(folder / "nets", "check", "--config", "own.yaml").code == 0


def test_a_file_named_like_a_shipped_network_stays_a_file(folder: Path) -> None:
    write(folder, "unet", TINY)
    write(folder, "vgg16.yaml", TINY)
    write(folder, "a: b#.yaml", TINY)
    budget(folder, "unet", "vgg16.yaml", "a: b#.yaml", "resnet18.yaml")
    assert "file: ./unet\n" in config(folder)
    assert "file: vgg16.yaml\n" in config(folder)
    assert 'file: "a: b#.yaml"\n' in config(folder)
    assert "file: resnet18\n" in config(folder)
    checks = json.loads(call_in(folder, "check", "--format", "json").out)["checks"]
    assert [check["actual"] for check in checks if check["metric"] == "params"][:3] == [396] * 3


@pytest.mark.parametrize(
    ("headroom", "limit"), [("0%", 396), ("2%", 403), ("0.25%", 396), ("0.26%", 397), ("100%", 792)]
)
def test_headroom_is_exact_and_never_more_than_said(
    folder: Path, headroom: str, limit: int
) -> None:
    assert changes(folder, NET, "--headroom", headroom)[0]["limit"] == limit
    assert f"params: {limit}," in config(folder)


# ---------------------------------------------------------------- in place

BEFORE = """\
# Ask Ada.
version: 1

networks:   # all of them
  # first
  - budget:
      mult_adds: {max: 30k, warn: 28k}   # the old chip
      params: "500"
    growth: {params: 1%}
    file: nets/tiny.yaml
    layers:
      - {match: "conv*", params: 300}
    message: "# no comment: {params: 500}"
  - {file: nets/tiny.yaml, alpha: 0.5, budget: {size: 1kB, params: 1k}}
# last
"""
AFTER = """\
# Ask Ada.
version: 1

networks:   # all of them
  # first
  - budget:
      mult_adds: {max: 25_850, warn: 25_344}   # the old chip
      params: "403"
    growth: {params: 1%}
    file: nets/tiny.yaml
    layers:
      - {match: "conv*", params: 293}
    message: "# no comment: {params: 500}"
  - {file: nets/tiny.yaml, alpha: 0.5, budget: {size: 514B, params: 128}}
# last
"""
"""At α 0.5 TINY has 54 + 72 = 126 parameters, 504 bytes; its larger layer 288 at α 1."""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_limits_change_where_they_stand_and_nothing_else(
    folder: Path, ends: str, mark: str
) -> None:
    write(folder, "dscalc.yaml", mark + BEFORE.replace("\n", ends))
    made = changes(folder, "--headroom", "2%")
    assert config(folder) == mark + AFTER.replace("\n", ends)
    assert {(c["network"], c["scope"], c["metric"], c["part"], c["was"], c["limit"])
            for c in made} == {
        ("nets/tiny.yaml", "network", "mult_adds", "max", 30_000, 25_850),
        ("nets/tiny.yaml", "network", "mult_adds", "warn", 28_000, 25_344),
        ("nets/tiny.yaml", "network", "params", "max", 500, 403),
        ("nets/tiny.yaml", "conv*", "params", "max", 300, 293),
        ("nets/tiny.yaml · α 0.5", "network", "size", "max", 1_000, 514),
        ("nets/tiny.yaml · α 0.5", "network", "params", "max", 1_000, 128),
    }  # fmt: skip
    assert changes(folder, "--headroom", "2%") == []
    assert call_in(folder, "check").code == 0


def test_every_change_is_said(folder: Path) -> None:
    write(folder, "dscalc.yaml", BEFORE)
    said = budget(folder).out
    assert said.startswith("dscalc.yaml: 6 of 6 limits changed.\n")
    rows = [line.split() for line in said.splitlines()]
    assert ["nets/tiny.yaml", "conv*", "parameters", "max", "300", "288", "-12"] in rows
    assert budget(folder).out == "dscalc.yaml: none of 6 limits changed.\n"


def test_the_least_accuracy_is_no_cost_and_stays(folder: Path) -> None:
    kept = "version: 1\nnetworks:\n  - file: mobilenet\n    budget: {top1: 70}\n"
    write(folder, "dscalc.yaml", kept)
    assert budget(folder).out == "dscalc.yaml: no limit on a cost, nothing changed.\n"
    assert config(folder) == kept


def test_the_ratchet_never_goes_up_and_says_what_is_broken(folder: Path) -> None:
    write(folder, "dscalc.yaml", WRITTEN.replace("396", "400"))
    write(folder, NET, network("conv: {n: 4}", "conv: {n: 16, k: 1}"))
    said = budget(folder, "--lower-only").out
    assert "params: 172, mult_adds: 11_008, memory: 3_072B" in config(folder)
    assert "nets/tiny.yaml: 5,120 bytes of activations, over the limit of 3,072, which stays." in (
        said
    )
    assert call_in(folder, "check").code == 1
    budget(folder)
    assert "memory: 5_120B" in config(folder)
    assert call_in(folder, "check").code == 0


def test_a_limit_that_several_share_is_that_of_the_largest(folder: Path) -> None:
    write(folder, "nets/wider.yaml", WIDER)
    entries = "- {file: nets/tiny.yaml, budget: &all {params: &p 1M}}\n"
    entries += "- {file: nets/wider.yaml, budget: *all}\n"
    write(folder, "dscalc.yaml", f"version: 1\nnetworks:\n{entries}")
    assert [c["network"] for c in changes(folder)] == ["nets/wider.yaml"]
    assert "{params: &p 684}" in config(folder)
    assert call_in(folder, "check").code == 0


@pytest.mark.parametrize(
    "entries",
    [
        "- {file: nets/*.yaml, budget: {params: 9k}, layers: [{match: '*', params: 9k}]}\n",
        "- {file: nets/tiny.yaml, budget: &all {params: 9k}}\n"
        "- {file: nets/wider.yaml, budget: *all}\n",
    ],
)
def test_one_of_several_that_share_a_limit_makes_none_of_the_others_fail(
    folder: Path, entries: str
) -> None:
    write(folder, "nets/wider.yaml", WIDER)
    write(folder, "dscalc.yaml", f"version: 1\nnetworks:\n{entries}")
    changed = changes(folder, "nets/tiny.yaml")
    assert {c["network"] for c in changed} == {"nets/wider.yaml"}
    assert call_in(folder, "check").code == 0


def test_of_named_networks_alone(folder: Path) -> None:
    write(folder, "nets/wider.yaml", WIDER)
    write(folder, "dscalc.yaml", "version: 1\nnetworks:\n"
          "- file: ./nets/tiny.yaml\n  budget: {params: 1k}\n"
          "- file: nets/wider.yaml\n  budget: {params: 1k}\n# the end")  # fmt: skip
    assert len(changes(folder, "nets/wider.yaml", "mobilenet")) == 4
    assert config(folder) == (
        "version: 1\nnetworks:\n"
        "- file: ./nets/tiny.yaml\n  budget: {params: 1k}\n"
        "- file: nets/wider.yaml\n  budget: {params: 684}\n"
        "- file: mobilenet\n"
        "  budget: {params: 4_231_976, mult_adds: 568_740_352, memory: 4_816_896B}\n"
        "# the end"
    )
    changed = changes(folder, "nets/../nets/tiny.yaml")
    assert [(c["network"], c["limit"]) for c in changed] == [("./nets/tiny.yaml", 396)]


def test_entries_come_before_what_follows_the_networks(folder: Path) -> None:
    text = "networks:\n  - {file: mobilenet, budget: {params: 5M}}\n\n# next\nversion: 1"
    write(folder, "dscalc.yaml", text)
    budget(folder, NET)
    head, tail = text.split("\n\n")
    entry = "\n".join(WRITTEN.splitlines()[-2:])
    assert config(folder) == f"{head}\n{entry}\n\n{tail}"


# ---------------------------------------------------------------- whole or not at all

CANNOT = {
    "a network cannot be read": "version: 1\nnetworks:\n  - {file: nets/tiny.yaml, budget: "
    "{params: 1k}}\n  - {file: nets/gone.yaml, budget: {params: 1k}}\n",
    "an escape": 'version: 1\nnetworks:\n  - {file: nets/tiny.yaml, budget: {params: "\\x31k"}}\n',
    "a mistake": "version: 1\nnetworks:\n  - {file: nets/tiny.yaml, budget: {parms: 1k}}\n",
    "no layer": "version: 1\nnetworks:\n  - file: nets/tiny.yaml\n    budget: {params: 1k}\n"
    "    layers: [{match: 'x*', params: 1}]\n",
}


@pytest.mark.parametrize("text", CANNOT.values(), ids=CANNOT)
def test_where_one_limit_cannot_be_written_none_is(folder: Path, text: str) -> None:
    write(folder, "dscalc.yaml", text)
    result = budget(folder, code=2)
    assert result.out == ""
    assert result.err.startswith("error: ")
    assert config(folder) == text
    assert sorted(path.name for path in folder.iterdir()) == [".git", "dscalc.yaml", "nets"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no dscalc.yaml here or up to the repository's root; name the networks"),
        ((NET, "nets/gone.yaml"), "nets/gone.yaml: no such file"),
        ((NET, NET), "a network is named twice"),
        ((NET, "--headroom", "2"), "--headroom must be a percentage such as 2%, not '2'"),
        ((NET, "--headroom=-2%"), "--headroom must be a percentage such as 2%, not '-2%'"),
        ((NET, "--config", "-"), "standard input is no file to write limits to"),
        (("-",), "standard input is no file to write limits to"),
    ],
)
def test_without_an_answer_nothing_is_written(
    folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in budget(folder, *arguments, code=2).err
    assert sorted(path.name for path in folder.iterdir()) == [".git", "nets"]


def test_a_list_in_brackets_takes_no_entry_but_other_numbers(folder: Path) -> None:
    text = "{version: 1, networks: [{file: nets/tiny.yaml, budget: {params: 1k}}]}"
    write(folder, "dscalc.yaml", text)
    assert "this list stands in brackets; put in {file: mobilenet} by hand" in (
        budget(folder, "mobilenet", code=2).err
    )
    assert config(folder) == text
    budget(folder)
    assert config(folder) == text.replace("1k", "396")


def test_other_encodings_are_left_alone(folder: Path) -> None:
    (folder / "dscalc.yaml").write_bytes(WRITTEN.replace("396", "1k").encode("utf-16"))
    assert "not in UTF-8" in budget(folder, code=2).err


@pytest.mark.parametrize("form", FORMATS)
def test_what_changed_is_said_in_every_format(folder: Path, form: str) -> None:
    said = budget(folder, NET, "--format", form, "--output", f"{form}:said").out
    assert (folder / "said").read_text(encoding="utf-8") == said
    assert "25344" in said.replace(",", "")
    assert config(folder) == WRITTEN


def test_check_never_writes_a_budget(folder: Path) -> None:
    write(folder, "dscalc.yaml", BEFORE)
    for arguments in ((), ("--strict",), (NET, "--max-params", "1k")):
        call_in(folder, "check", *arguments)
        assert config(folder) == BEFORE
