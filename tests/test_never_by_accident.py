"""Every way of failing under every switch: nothing passes but by the switch that allows it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.commands import Result, call_in
from tests.scratch import TINY, WIDER, Repository, network

CONFIG, A, B = "dscalc.yaml", "nets/a.yaml", "more nets/b.yaml"
BASE = """version: 1
networks:
  - file: nets/a.yaml
    {switch}
    budget: {{params: {{max: 396, warn: 396}}, memory: 4kB}}
    layers: [{{match: conv2, params: 288}}]
  - file: more nets/*.yaml
    {switch}
    budget: {{params: 684}}
    growth: {{params: 0}}
"""
SWITCHES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "none": ("", "", ()),
    "--strict": ("", "", ("--strict",)),
    "--exit-zero": ("", "", ("--exit-zero",)),
    "--strict --exit-zero": ("", "", ("--strict", "--exit-zero")),
    "--only-worse": ("", "", ("--only-worse",)),
    "only_worse": ("only_worse: true", "", ()),
    "optional": ("optional: true", "", ()),
    "growth_from": ("", "growth_from: base\n", ()),
}
"""By its name: what it is in every entry, in the budget file, and on the command line."""


class Work(NamedTuple):
    """A repository in which something went wrong; every step changes files, and commits if told."""

    repo: Repository

    def write(self, path: str, text: str) -> None:
        self.repo.write({path: text})

    def edit(self, was: str, now: str, path: str = CONFIG) -> None:
        text = (self.repo.root / path).read_text(encoding="utf-8")
        assert was in text, (was, text)
        self.write(path, text.replace(was, now))

    def gone(self, path: str) -> None:
        file = self.repo.root / path
        shutil.rmtree(file) if file.is_dir() else file.unlink()

    def link(self, path: str, to: str) -> None:
        (self.repo.root / path).symlink_to(to)

    def text(self) -> str:
        return (self.repo.root / CONFIG).read_text(encoding="utf-8")

    def commit(self) -> None:
        self.repo.commit({})

    def move(self, path: str, to: str) -> None:
        (self.repo.root / to).parent.mkdir(exist_ok=True)
        self.repo.git("mv", path, to)

    def entry(self, text: str) -> None:
        self.edit("networks:\n", f"networks:\n  - {text}\n")

    def ask_for(self, top1: str) -> None:
        """Asks for an accuracy of A."""
        self.edit("memory: 4kB}", f"memory: 4kB, top1: {top1}}}")

    def tell(self, figure: str) -> None:
        """Says what is published of A."""
        self.write(A, TINY + f"published:\n  - {{{figure}, source: run 7}}\n")

    def take_out(self) -> None:
        """Takes the entry of A out of the budget file."""
        head, _, rest = self.text().partition("  - file: nets/a.yaml")
        self.write(CONFIG, head + rest[rest.index("  - file: more") :])

    def lose(self, what: str) -> None:
        """Takes an object out of git."""
        name = self.repo.git("rev-parse", what)
        self.gone(f".git/objects/{name[:2]}/{name[2:]}")


LARGE = network("conv: {n: 4}", "conv: {n: 64}")
SHIFTED = network("conv: {n: 2}", "conv: {n: 17}")
"""54 + 306 parameters: the second layer is over its limit, the network is not."""
STEP_DOWN = network("conv: {n: 3}", "conv: {n: 8}")
OLD = TINY.replace("Tiny", "Older") + "# It runs on the first board.\n" * 3
GROWN = OLD.replace("n: 8", "n: 16")

FAULTS: Mapping[str, tuple[str, str, Callable[[Work], object]]] = {
    # What is over its budget.
    "a network grew over its limit": (
        "fail", "over the limit", lambda w: w.write(A, WIDER)),
    "a layer grew over its limit": (
        "fail", "over the limit", lambda w: w.write(A, SHIFTED)),
    "a network grew more than it may": (
        "fail", "allowed", lambda w: w.write(B, GROWN)),
    "it was over, and is as it was": (
        "fail", "over the limit", lambda w: (w.edit("396", "300"), w.commit())),
    "it was over, and is less so": (
        "fail", "over the limit",
        lambda w: (w.edit("396", "250"), w.commit(), w.write(A, STEP_DOWN))),
    "the limit went below what it is": (
        "fail", "over the limit", lambda w: w.edit("396", "300")),
    "it is asked for at another setting, and over": (
        "fail", "over the limit", lambda w: w.edit("nets/a.yaml\n", "nets/a.yaml\n    alpha: 2\n")),
    "other parameters are counted, and too many": (
        "fail", "over the limit",
        lambda w: (w.edit("396", "395"), w.edit("nets/a.yaml\n", "nets/a.yaml\n    alpha: 0.5\n"),
                   w.commit(), w.edit("    alpha: 0.5\n", "    count: weights\n"))),
    "its bytes are of another type, and too many": (
        "fail", "over the limit",
        lambda w: (w.edit("4kB", "2kB"), w.edit("nets/a.yaml\n", "nets/a.yaml\n    dtype: int8\n"),
                   w.commit(), w.edit("    dtype: int8\n", ""))),
    "a new network is over": (
        "fail", "over the limit", lambda w: w.write("more nets/c.yaml", LARGE)),
    "a renamed network grew": (
        "fail", "allowed",
        lambda w: (w.move(B, "more nets/z.yaml"), w.write("more nets/z.yaml", GROWN))),
    "a renamed network grew, of which git has not been told": (
        "fail", "allowed",
        lambda w: (w.gone(B), w.write("more nets/z.yaml", GROWN))),
    "its own file asks for less": (
        "fail", "over the limit",
        lambda w: w.write(A, WIDER + "budget: {params: 600}\n")),
    "an accuracy is asked for, and none is published": (
        "fail", "no published top-1", lambda w: w.ask_for("70")),
    "an accuracy is asked for, and one of another setting is published": (
        "fail", "no published top-1", lambda w: (w.tell("alpha: 0.5, top1: 71"), w.ask_for("70"))),
    "a published accuracy is less than was asked for": (
        "fail", "below the limit", lambda w: (w.tell("top1: 69"), w.ask_for("70"))),
    "a published accuracy fell": (
        "fail", "below the limit",
        lambda w: (w.tell("top1: 69"), w.ask_for("70"), w.commit(),
                   w.edit("top1: 69", "top1: 68", A))),
    "a published accuracy was too little, and is as it was": (
        "fail", "below the limit",
        lambda w: (w.tell("top1: 69"), w.ask_for("70"), w.commit())),
    "a published accuracy was taken away": (
        "fail", "no published top-1",
        lambda w: (w.tell("top1: 69"), w.ask_for("68"), w.commit(), w.write(A, TINY))),
    # What is told, and fails where warnings do.
    "a warning mark is passed": (
        "warn", "over the warning mark",
        lambda w: (w.edit("warn: 396", "warn: 390"), w.commit())),
    "a limit was raised": (
        "warn", "limit raised 684 → 700", lambda w: w.edit("684", "700")),
    "a limit was taken away": (
        "warn", "no longer limited (was 4kB)", lambda w: w.edit(", memory: 4kB", "")),
    "a least was lowered": (
        "warn", "limit lowered 71 → 70",
        lambda w: (w.tell("top1: 71"), w.ask_for("71"), w.commit(),
                   w.edit("top1: 71", "top1: 70"))),
    "a least was taken away": (
        "warn", "no longer limited (was 71)",
        lambda w: (w.tell("top1: 71"), w.ask_for("71"), w.commit(), w.edit(", top1: 71", ""))),
    "an accuracy was published of the network before it changed": (
        "warn", "before it changed",
        lambda w: (w.tell("top1: 71"), w.ask_for("71"), w.commit(),
                   w.edit("conv: {n: 8}", "conv: {n: 7}", A))),
    "a limit is by another rule": (
        "warn", "rule changed",
        lambda w: w.edit("memory: 4kB", "memory: {max: 4kB, rule: in-place}")),
    "a rule about layers was taken away": (
        "warn", "no longer limited (was 288)",
        lambda w: w.edit("    layers: [{match: conv2, params: 288}]\n", "")),
    "a layer was renamed out of its rule": (
        "warn", "no longer held by 'conv*'",
        lambda w: (w.edit("conv2", "conv*"), w.commit(),
                   w.edit("conv: {n: 8}", "{conv: {n: 8}, name: two}", A))),
    "a limit on growth was raised, and used": (
        "warn", "limit raised 0 → 1k",
        lambda w: (w.edit("growth: {params: 0}", "growth: {params: 1k}"), w.write(B, GROWN))),
    "a network was taken out": (
        "warn", "no longer checked: nets/a.yaml", Work.take_out),
    "a network of a pattern was deleted": (
        "warn", "no longer checked: more nets/b.yaml",
        lambda w: (w.write("more nets/c.yaml", OLD), w.commit(), w.gone(B))),
    "a network moved out of its pattern, and grew": (
        "warn", "no longer checked: more nets/b.yaml",
        lambda w: (w.write("more nets/c.yaml", OLD), w.commit(),
                   w.move(B, "out/b.yaml"), w.write("out/b.yaml", GROWN))),
    "a network is new, and held to growth alone": (
        "warn", "new.yaml is new",
        lambda w: (w.write("new.yaml", OLD), w.entry("{file: new.yaml, growth: {params: 0}}"))),
    "only_worse came": (
        "warn", "only_worse",
        lambda w: ("only_worse" in w.text()
                   or w.edit("    budget", "    only_worse: true\n    budget"))),
    # What cannot be checked.
    "a file is missing": (
        "none", "nets/a.yaml: no such file", lambda w: w.gone(A)),
    "a pattern meets nothing": (
        "none", "'more nets/*.yaml' meets no file", lambda w: w.gone("more nets")),
    "a file is a link to nothing": (
        "none", "a link to nothing",
        lambda w: (w.gone(A), w.link(A, "nowhere"))),
    "a file is a folder": (
        "none", "Is a directory", lambda w: (w.gone(A), w.write(f"{A}/x", ""))),
    "a file is empty": ("none", "the file is empty", lambda w: w.write(A, "")),
    "a file cannot be read": ("none", "unknown kind", lambda w: w.edit("conv", "konv", A)),
    "a network costs nothing": (
        "none", "nothing in it has a cost",
        lambda w: w.write(A, network("global_pool"))),
    "a rule meets no layer": (
        "none", "'conv9' matches no layer", lambda w: w.edit("conv2", "conv9")),
    "the budget file is gone": ("none", "no dscalc.yaml here", lambda w: w.gone(CONFIG)),
    "the budget file is empty": ("none", "the file is empty", lambda w: w.write(CONFIG, "")),
    "the budget file has no networks": (
        "none", "holds no check", lambda w: w.write(CONFIG, "version: 1\nnetworks: []\n")),
    "an entry asks nothing": (
        "none", "holds no check", lambda w: w.entry("{file: nets/a.yaml, budget: {}}")),
    "a limit is nothing": ("none", "must be at least 1", lambda w: w.edit("684", "0")),
    "a limit is no number": ("none", "must be a count", lambda w: w.edit("684", ".nan")),
    "a least is no percentage": (
        "none", "must be a percentage from 1 to 100", lambda w: w.ask_for("0.71")),
    "a least is a most": ("none", "top1 takes min", lambda w: w.ask_for("{max: 80}")),
    "a limit is true": ("none", "must be a count", lambda w: w.edit("684", "true")),
    "a key is twice": (
        "none", "a second 'params'", lambda w: w.edit("684", "684, params: 9k")),
    "a key is unknown": (
        "none", "unknown key 'parms'", lambda w: w.edit("params: 684", "parms: 684")),
    "two entries are of one network": (
        "none", "a second entry", lambda w: w.entry("{file: nets/a.yaml, budget: {params: 1M}}")),
    "a switch is no truth": (
        "none", "must be true or false",
        lambda w: w.entry("{file: nets/a.yaml, alpha: 2, only_worse: yes, budget: {params: 1M}}")),
    # What git cannot answer.
    "the base's network cannot be read": (
        "none", "unknown kind",
        lambda w: (w.edit("conv", "konv", A), w.commit(), w.write(A, TINY))),
    "the base's budget file cannot be read": (
        "none", "version must be 1",
        lambda w: (w.edit("version: 1", "version: 3"), w.commit(),
                   w.edit("version: 3", "version: 1"))),
    "the base's network is missing in git": (
        "none", "missing or damaged",
        lambda w: (w.write(A, WIDER), w.edit("396", "900"), w.lose(f"HEAD:{A}"))),
    "the base is missing in git": ("none", "cannot be read", lambda w: w.lose("HEAD")),
    "git's index cannot be read": (
        "none", "index",
        lambda w: (w.gone(B), w.write("more nets/z.yaml", GROWN),
                   w.write(".git/index", "no index"))),
    "there is no repository": ("none", "in no git repository", lambda w: w.gone(".git")),
    "git ignores the network": (
        "none", "git ignores more nets/c.yaml",
        lambda w: (w.write(".gitignore", "c.yaml\n"), w.write("more nets/c.yaml", LARGE))),
    "the network is of another repository": (
        "none", "not of the repository",
        lambda w: (w.write("in/c.yaml", LARGE), Repository.git(w.repo, "init", "--quiet", "in"),
                   w.entry("{file: in/c.yaml, budget: {params: 9k}}"))),
}  # fmt: skip
"""By what went wrong: the verdict, what is said of it, and how it comes about."""

UNDER: Mapping[str, Mapping[str, str]] = {
    "it was over, and is as it was": {"--only-worse": "warn", "only_worse": "warn"},
    "it was over, and is less so": {"--only-worse": "warn", "only_worse": "warn"},
    "a published accuracy was too little, and is as it was": {
        "--only-worse": "warn",
        "only_worse": "warn",
    },
    "the limit went below what it is": {"--only-worse": "warn", "only_worse": "warn"},
    "a file is missing": {"optional": "warn"},
    "a pattern meets nothing": {"optional": "warn"},
    "a limit on growth was raised, and used": {"growth_from": "fail"},
    "a network moved out of its pattern, and grew": {"growth_from": "fail"},
    "only_worse came": {"only_worse": "pass"},
}
"""What else the verdict is under the switches that are made for it."""

CODES = {"pass": 0, "warn": 0, "fail": 1, "none": 2}


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Repository]:
    """Two networks within their budgets, by the switch that the budget file has."""
    made = {}
    for name, (of_entry, of_file, _) in SWITCHES.items():
        made[name] = Repository(tmp_path_factory.mktemp("base") / "repo")
        text = BASE.format(switch=of_entry).replace("    \n", "") + of_file
        made[name].commit({A: TINY, B: OLD, CONFIG: text})
    return made


def check(repo: Repository, *arguments: str) -> Result:
    return call_in(repo.root, "check", "--against", "HEAD", *arguments)


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_passes_but_by_the_switch_that_allows_it(
    bases: Mapping[str, Repository], tmp_path: Path, fault: str
) -> None:
    usual, said, happen = FAULTS[fault]
    for number, (switch, (_, _, arguments)) in enumerate(SWITCHES.items()):
        repo = bases[switch].copy(tmp_path / str(number))
        happen(Work(repo))
        result = check(repo, *arguments)
        verdict = UNDER.get(fault, {}).get(switch, usual)
        code = CODES[verdict]
        if "--exit-zero" in switch and code == 1:
            code = 0
        elif switch == "--strict" and verdict == "warn":
            code = 1
        assert result.code == code, (switch, result)
        assert verdict != usual or said in result.out + result.err, (switch, result)


@pytest.mark.parametrize(
    ("against", "path"),
    [("nowhere", None), ("HEAD~7", None), (f"HEAD:{A}x", None), ("", None), ("HEAD", "")],
)
def test_without_its_base_or_git_there_is_no_verdict(
    bases: Mapping[str, Repository], monkeypatch: pytest.MonkeyPatch, against: str, path: str | None
) -> None:
    if path is not None:
        monkeypatch.setenv("PATH", path)
    for switch, (_, _, arguments) in SWITCHES.items():
        result = call_in(bases[switch].root, "check", "--against", against, *arguments)
        assert (result.code, result.out) == (2, ""), switch


def test_it_passes_where_nothing_is_wrong(bases: Mapping[str, Repository]) -> None:
    for switch, (_, _, arguments) in SWITCHES.items():
        result = check(bases[switch], *arguments)
        assert (result.code, result.out.splitlines()[0]) == (
            0, "2 networks within budget: 5 checks pass."
        )  # fmt: skip


WORDS = {
    "fail": {"text": "fail:", "markdown": "**fail: ", "csv": ",fail,", "html": "fail: ",
             "github": "::error ", "gitlab": '"severity": "major"', "junit": "<failure",
             "json": '"verdict": "fail"'},
    "warn": {"text": "warn:", "markdown": "warn", "csv": ",warn,", "html": "warn",
             "github": "::warning ", "gitlab": '"severity": "minor"', "junit": "",
             "json": '"verdict": "warn"'},
    "none": {"github": "no verdict: ", "gitlab": '"severity": "blocker"', "junit": "<error",
             "json": '"verdict": "none"'},
}  # fmt: skip
"""By the verdict: the word for it in each format; people have it on standard error alone."""


@pytest.mark.parametrize("fault", FAULTS)
def test_every_format_says_the_verdict(
    bases: Mapping[str, Repository], tmp_path: Path, fault: str
) -> None:
    verdict, _, happen = FAULTS[fault]
    repo = bases["none"].copy(tmp_path / "repo")
    happen(Work(repo))
    forms = WORDS["fail"]
    outputs = [f"--output={form}:{tmp_path / form}" for form in forms]
    check(repo, *outputs)
    for form in forms:
        if form not in WORDS[verdict]:
            assert not (tmp_path / form).exists()
            continue
        text = (tmp_path / form).read_text(encoding="utf-8")
        assert WORDS[verdict][form] in text, form
        if verdict == "warn" and form != "html":
            assert WORDS["fail"][form] not in text, form


@pytest.mark.parametrize("fault", [name for name, row in FAULTS.items() if row[0] == "warn"])
def test_where_warnings_fail_tests_do(
    bases: Mapping[str, Repository], tmp_path: Path, fault: str
) -> None:
    repo = bases["none"].copy(tmp_path / "repo")
    FAULTS[fault][2](Work(repo))
    result = check(repo, "--strict", "--format", "junit")
    assert "<failure" in result.out
    assert "warnings fail, as --strict asks." in check(repo, "--strict").out
