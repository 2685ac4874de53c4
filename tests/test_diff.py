"""`dscalc diff`: two versions of networks, layer by layer, without a verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dscalc.check.entries import CONFIG
from tests.commands import call, complaint, run
from tests.scratch import TINY, WIDER, Repository, config, network

NET = "nets/tiny.yaml"
BUDGETS = config(
    *(f"{{file: nets/{name}.yaml, budget: {{params: 1M}}}}" for name in ("tiny", "same")),
    "{file: mobilenet, budget: {params: 5M}}",
)
SAME = "name: Same\ninput: [8, 8, 3]\nlayers: [conv: {n: 4}, conv: {n: 8}]\n"
INSERTED = network("conv: {n: 4}", "conv: {n: 4, k: 1}", "conv: {n: 8}")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Two networks on main, and in a branch a layer more in the middle of one."""
    made = Repository(tmp_path_factory.mktemp("diff") / "repo")
    made.commit({NET: TINY, "nets/same.yaml": SAME, CONFIG: BUDGETS})
    made.git("checkout", "--quiet", "-b", "change")
    made.commit({NET: INSERTED})
    return made


def differences(*arguments: str) -> list[dict[str, Any]]:
    """The networks of `dscalc diff ARGUMENTS --format json`."""
    result = call("diff", *arguments, "--format", "json")
    assert (result.code, result.err) == (0, "")
    document = json.loads(result.out)
    assert (document["schema_version"], document["command"]) == (1, "diff")
    return list(document["networks"])


TINY_TOTALS = {"params": 396, "mult_adds": 25_344}
WIDER_TOTALS = {"params": 684, "mult_adds": 43_776}
ADDED = {
    "name": "conv2",
    "status": "added",
    "params": {"base": None, "head": 16},
    "mult_adds": {"base": None, "head": 1_024},
}
CHANGED = {
    "name": "conv2",
    "status": "changed",
    "params": {"base": 288, "head": 576},
    "mult_adds": {"base": 18_432, "head": 36_864},
}


# ---------------------------------------------------------------- one network


@pytest.mark.parametrize(
    "arguments",
    [
        (NET, "wider.yaml"),
        (f"main:{NET}", "wider.yaml"),
        (f"main:{NET}", "HEAD:wider.yaml"),
        ("base.json", "wider.yaml"),
        ("base.json", "head.json"),
    ],
)
def test_two_versions_of_one_network(repo: Repository, arguments: tuple[str, ...]) -> None:
    repo.write({NET: TINY, "wider.yaml": WIDER})
    for name, file in (("base", NET), ("head", "wider.yaml")):
        repo.write({f"{name}.json": call("net", file, "--format", "json").out})
    repo.commit({})
    assert differences(*arguments) == [
        {"network": "Tiny", "base": TINY_TOTALS, "head": WIDER_TOTALS, "layers": [CHANGED]}
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        (f"main:{NET}",),
        (f"main:{NET}", NET),
        ("main", NET),
        (f"main:{NET}", "HEAD"),
        (f"main:{NET}", f"HEAD:{NET}"),
    ],
)
def test_a_file_at_a_revision_and_now(repo: Repository, arguments: tuple[str, ...]) -> None:
    (found,) = differences(*arguments)
    assert found["base"] == TINY_TOTALS
    assert found["layers"] == [ADDED]


def test_two_shipped_networks_add_up() -> None:
    (found,) = differences("mobilenet_shallow", "mobilenet")
    assert found["base"] == {"params": 2_887_976, "mult_adds": 307_323_392}
    for metric in ("params", "mult_adds"):
        sums = [
            sum(layer[metric][side] or 0 for layer in found["layers"]) for side in ("base", "head")
        ]
        assert sums[1] - sums[0] == found["head"][metric] - found["base"][metric]
    assert [layer["status"] for layer in found["layers"]] == ["added"] * 5


@pytest.mark.parametrize(
    ("flags", "base"),
    [
        (("--alpha", "0.5"), {"params": 126, "mult_adds": 126 * 64}),
        (("--resolution", "16"), {"params": 396, "mult_adds": 4 * 25_344}),
        (("--rho", "0.5"), {"params": 396, "mult_adds": 25_344 // 4}),
        (("--count", "weights"), TINY_TOTALS),
    ],
)
def test_the_multipliers_apply_to_both(
    repo: Repository, flags: tuple[str, ...], base: dict[str, int]
) -> None:
    (found,) = differences(f"main:{NET}", *flags)
    assert found["base"] == base
    assert [layer["status"] for layer in found["layers"]] == ["added"]


def test_the_same_is_no_difference(repo: Repository) -> None:
    (found,) = differences(NET, NET)
    assert found["layers"] == []
    assert call("diff", NET, NET).out == "Tiny: unchanged\n"


# ---------------------------------------------------------------- all networks of the budget file


def test_a_revision_stands_for_all_networks(repo: Repository) -> None:
    changed, same = differences("main")
    assert (changed["network"], changed["layers"]) == (NET, [ADDED])
    assert (same["network"], same["base"], same["layers"]) == ("nets/same.yaml", TINY_TOTALS, [])
    assert differences("main", "HEAD") == [changed, same]
    assert differences("main", "change") == [changed, same]


def test_the_work_tree_is_the_later_version(repo: Repository) -> None:
    repo.write({NET: WIDER})
    assert differences("main")[0]["layers"] == [CHANGED]
    assert differences("main", "HEAD")[0]["layers"] == [ADDED]


def test_the_merge_base_is_the_earlier_version(repo: Repository) -> None:
    repo.git("checkout", "--quiet", "main")
    repo.commit({"nets/same.yaml": WIDER})
    repo.git("checkout", "--quiet", "change")
    assert [len(network["layers"]) for network in differences("main")] == [1, 0]


def test_networks_that_are_new_gone_and_renamed(repo: Repository) -> None:
    repo.git("mv", NET, "nets/renamed.yaml")
    repo.git("rm", "--quiet", "nets/same.yaml")
    repo.write({"nets/new.yaml": "{input: [8, 8, 3], layers: [conv: {n: 2, k: 5}]}"})
    entries = (f"{{file: nets/{name}.yaml, budget: {{params: 1M}}}}" for name in ("renamed", "new"))
    repo.commit({CONFIG: config(*entries)})
    for arguments in (("main",), ("main", "HEAD")):
        renamed, new, gone = differences(*arguments)
        assert (renamed["network"], renamed["layers"]) == ("nets/renamed.yaml", [ADDED])
        assert (new["base"], new["head"]) == (None, {"params": 150, "mult_adds": 9_600})
        assert (gone["network"], gone["base"], gone["head"]) == (
            "nets/same.yaml",
            TINY_TOTALS,
            None,
        )
        assert [layer["status"] for layer in gone["layers"]] == ["removed", "removed"]


def test_a_network_whose_file_is_gone_is_removed(repo: Repository) -> None:
    (repo.root / NET).unlink()
    assert differences("main")[0]["head"] is None


def test_another_budget_file_and_a_sub_folder(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write({"ci/other.yaml": config("{file: ../nets/tiny.yaml, budget: {params: 1M}}")})
    (found,) = differences("main", "--config", "ci/other.yaml")
    assert (found["network"], found["layers"]) == ("../nets/tiny.yaml", [ADDED])
    monkeypatch.chdir(repo.root / "nets")
    assert [network["network"] for network in differences("main")] == [NET, "nets/same.yaml"]


# ---------------------------------------------------------------- formats


def test_as_text(repo: Repository) -> None:
    rule = f"  {'─' * 86}\n"
    assert call("diff", "main").out == (
        "nets/tiny.yaml: +16 parameters (4.04 %), +1,024 mult-adds (4.04 %)\n"
        "\n"
        "  Change  Layer  Params were  Params  Params by  Mult-adds were  Mult-adds  Mult-adds by\n"
        f"{rule}"
        "  added   conv2                   16        +16                      1,024        +1,024\n"
        f"{rule}"
        "  total                  396     412        +16          25,344     26,368        +1,024\n"
        "\n"
        "nets/same.yaml: unchanged\n"
    )


def test_as_markdown(repo: Repository) -> None:
    comment = call("diff", "main", "--format", "markdown").out
    assert comment.startswith("**1 of 2 networks changed.**\n")
    assert "| added | `conv2` |  | 16 | +16 |  | 1,024 | +1,024 |\n" in comment


def test_in_a_process_of_its_own(repo: Repository) -> None:
    result = run("diff", "main", cwd=repo.root)
    assert (result.code, result.err) == (0, "")
    assert result.out == call("diff", "main").out


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((NET,), "say NEW too: a file is compared with another version of it"),
        (("",), "the version to compare with is empty"),
        (("none",), "'none' is no file, and no revision that this clone has; fetch it with"),
        (("main", "none"), "'none' is no file, and no revision that this clone has; fetch it with"),
        (("main:none.yaml",), "main:none.yaml: no such file there"),
        (("main:../x.yaml", NET), "main:../x.yaml: a path outside the repository"),
        ((NET, "dscalc.yaml"), "dscalc.yaml:1:1: unknown key 'version' in a network"),
        (("main", "--config", "none.yaml"), "none.yaml: no such file"),
        (("main", "--config", "shipped.yaml"),
         "nothing to compare: all networks of the budget file come with dscalc"),
        (("main", "--config", "gone.yaml"), "nets/gone.yaml: neither version has it"),
    ],
)  # fmt: skip
def test_bad_input(repo: Repository, arguments: tuple[str, ...], said: str) -> None:
    repo.write(
        {
            "shipped.yaml": config("{file: mobilenet, budget: {params: 5M}}"),
            "gone.yaml": config("{file: nets/gone.yaml, budget: {params: 5M}}"),
        }
    )
    assert said in complaint("diff", *arguments)


def test_without_a_budget_file_a_revision_says_nothing_of_networks(repo: Repository) -> None:
    (repo.root / CONFIG).unlink()
    assert "no dscalc.yaml here or up to the repository's root" in complaint("diff", "main")


def test_a_layer_that_changed_in_nothing_but_its_shape_is_no_row(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    body = "  - conv: {n: 4}\n  - pool: {k: 2}\n  - {name: c, conv: {n: 8}}\n"
    old.write_text(f"input: [8, 8, 3]\nlayers:\n{body}")
    new.write_text(f"input: [8, 8, 3]\nlayers:\n{body.replace('n: 4', 'n: 5')}")
    text = call("diff", str(old), str(new)).out
    rows = [line.split()[:2] for line in text.splitlines() if line.startswith("  changed")]
    assert rows == [["changed", "conv1"], ["changed", "c"]]
    assert "Of another shape at the same cost: pool2." in text
