"""`dscalc check` as a user meets it: the life of a budget, with the real git, and its endings."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from dscalc.check.entries import CONFIG
from tests.commands import Result, call, complaint, environment, run
from tests.scratch import TINY, WIDER, Repository, config, network
from tests.test_imports import DSCALC, loaded

NET = "nets/tiny.yaml"
PARAMS = config(
    f"{{file: {NET}, budget: {{params: {{max: 600, warn: 400}}}}, growth: {{params: 10%}}}}"
)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """TINY and its budget on main, and a branch for the next change."""
    made = Repository(tmp_path_factory.mktemp("check") / "repo")
    made.commit({NET: TINY, CONFIG: PARAMS})
    made.git("checkout", "--quiet", "-b", "change")
    return made


def checks(*arguments: str, code: int = 0) -> list[dict[str, Any]]:
    """The checks of `dscalc check ARGUMENTS`."""
    result = call("check", *arguments, "--format", "json")
    assert result.code == code, result.err
    document = json.loads(result.out)
    assert (document["schema_version"], document["command"]) == (1, "check")
    return list(document["checks"])


def told(*arguments: str, code: int = 0) -> list[tuple[str, str, int, int | None, str]]:
    """The same in short: scope, kind, actual, delta, status."""
    keys = ("scope", "kind", "actual", "delta", "status")
    found = checks(*arguments, code=code)
    return [tuple(check[key] for key in keys) for check in found]


# ---------------------------------------------------------------- the life of a budget


def test_the_life_of_a_budget(repo: Repository, tmp_path: Path) -> None:
    """One after another, as pull requests come, with the installed command and the real git."""

    def check(code: int, *arguments: str, where: Path | None = None) -> Result:
        result = run("check", "--against", "main", *arguments, cwd=where or repo.root)
        assert result.code == code, result
        return result

    def merge() -> None:
        repo.git("branch", "--force", "main", "HEAD")

    # Nothing has changed: within the budget, exit code 0.
    assert check(0).out.startswith("1 network within budget: 2 checks pass.\n")

    # A layer is put in the middle, which renames the one after it: over the growth that is allowed.
    repo.commit({NET: network("conv: {n: 4}", "conv: {n: 4, k: 1}", "norm", "conv: {n: 8}")})
    assert check(0).out.startswith("1 of 1 network above a warning mark: 1 of 2 checks warn.\n")
    check(1, "--strict")
    repo.commit({NET: network("conv: {n: 4}", "conv: {n: 4}", "conv: {n: 8}")})
    failed = check(1).out
    assert failed.startswith("1 of 1 network over budget: 1 of 2 checks fail.\n")
    assert (
        "fail: nets/tiny.yaml: 540 parameters\n"
        "  +144 (36.36 %) of +39 allowed, 105 too many (dscalc.yaml:3)\n"
        "  140 (35.00 %) over the warning mark of 400 (dscalc.yaml:3)\n"
        "  +144 since main, where it was 396\n"
        "  grew most: conv2 (line 5) 144\n"
    ) in failed
    check(0, "--exit-zero")

    # The budget is raised with the change that needs it, and the new version becomes the base.
    raised = PARAMS.replace("10%", "144").replace("warn: 400", "warn: 540")
    repo.commit({CONFIG: raised})
    check(0)
    merge()

    # The ratchet: what is now the base may not grow again.
    repo.commit({CONFIG: PARAMS.replace("10%", "0")})
    check(0)
    repo.commit({NET: network("conv: {n: 4}", "conv: {n: 4, bias: true}", "conv: {n: 8}")})
    assert "+4 (0.74 %) of +0 allowed, 4 too many" in check(1).out
    repo.git("checkout", "--quiet", "main")
    repo.git("checkout", "--quiet", "-B", "change")

    # The file is renamed and the layer wider: still the network that it was.
    repo.git("mv", NET, "nets/renamed.yaml")
    renamed = raised.replace(NET, "nets/renamed.yaml").replace("144", "0")
    repo.commit({CONFIG: renamed, "nets/renamed.yaml": WIDER})
    assert "+144 since main:nets/tiny.yaml, where it was 540" in check(1).out
    repo.commit({CONFIG: renamed.replace("growth: {params: 0}", "growth: {params: 0}"),
                 "nets/renamed.yaml": TINY})  # fmt: skip
    check(0)
    merge()

    # Another network is new: it has a budget, but nothing to have grown from.
    both = renamed + "  - {file: nets/new.yaml, budget: {params: 1k}, growth: {params: 0}}\n"
    repo.commit({CONFIG: both, "nets/new.yaml": WIDER})
    new = check(0).out
    assert "nets/new.yaml is new: it has no base version to have grown from.\n" in new
    assert "100" not in new.replace("1,000", "")
    assert "2 networks within budget: 3 checks pass." in new
    merge()

    # A shallow clone lacks the base; the line that it is told brings it.
    clone = repo.clone(tmp_path / "clone", "--depth=1", "--branch=change")
    lacking = run("check", "--against", "origin/main", cwd=clone.root)
    assert (lacking.code, lacking.out) == (2, "")
    clone.git(*shlex.split(lacking.err.splitlines()[1])[1:])
    assert run("check", "--against", "origin/main", cwd=clone.root).code == 0

    # A network is deleted: the budget file must say so too.
    repo.git("rm", "--quiet", "nets/new.yaml")
    assert check(2).err.startswith("error: dscalc.yaml:4:5: nets/new.yaml: no such file")
    repo.commit({CONFIG: renamed})
    assert check(0).out.startswith("1 network within budget")
    gone = run("diff", "main", cwd=repo.root)
    assert (gone.code, "nets/new.yaml: removed" in gone.out) == (0, True)


# ---------------------------------------------------------------- by flags


MOBILENET = ("mobilenet.yaml", "--alpha", "0.5")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--max-mult-adds", "150M", "--max-params", "1.4M"), 0),
        (("--max-mult-adds", "149_497_088", "--max-params", "1331592"), 0),
        (("--max-mult-adds", "149497087"), 1),
        (("--max-params", "1331.5919k"), 1),
        (("--max-params", "1331591", "--exit-zero"), 0),
        (("--max-params", "1.4m"), 2),
        (("--max-params", "600 MB", "--exit-zero"), 2),
        (("--max-params", "0"), 2),
        (("--max-params", "-1"), 2),
        ((), 2),
        (("--max-params", "1M", "--config", "x.yaml"), 2),
    ],
)
def test_a_verdict_by_flags(arguments: tuple[str, ...], code: int) -> None:
    result = call("check", *MOBILENET, *arguments)
    assert result.code == code
    assert bool(result.err) is (code == 2)
    assert bool(result.out) is (code != 2)


@pytest.mark.parametrize(
    ("flags", "idle"),
    [
        ("--max-params 9M --dtype int8", ["dtype"]),
        ("--max-params 9M --dtype float32", []),
        ("--max-params 9M --dtype int8 --weight-dtype int4", ["dtype", "weight-dtype"]),
        ("--max-size 9MB --dtype int8", []),
        ("--max-size 9MB --dtype int8 --weight-dtype int4", ["dtype"]),
        ("--max-size 9MB --dtype int8 --weight-dtype int4 --size stored", []),
        ("--max-memory 9MB --dtype int8 --weight-dtype int4", ["weight-dtype"]),
        ("--max-memory 9MB --size flash --memory in-place", ["size"]),
        ("--max-mult-adds 9G --count total --memory in-place", ["count", "memory"]),
        ("--max-params 9M --count total", []),
    ],
)
def test_what_no_limit_depends_on_is_told(flags: str, idle: list[str]) -> None:
    said = call("check", "mobilenet", "mobilenet_v2", *flags.split())
    notes = [f"note: --{name} changes nothing: no limit depends on it\n" for name in idle]
    assert (said.code, said.err) == (0, "".join(notes))


def test_what_no_limit_depends_on_is_told_of_a_budget_file_too(repo: Repository) -> None:
    repo.write({CONFIG: config("{file: mobilenet, dtype: int8, budget: {params: 9M}}")})
    said = "note: mobilenet · int8: dtype changes nothing: no limit depends on it\n"
    assert call("check").err == said


def test_several_networks_by_flags(repo: Repository) -> None:
    repo.write({"a.yaml": TINY, "b.yaml": WIDER})
    found = checks("a.yaml", "b.yaml", "mobilenet", "--max-params", "400", code=1)
    assert [(check["network"], check["status"]) for check in found] == [
        ("a.yaml", "pass"), ("b.yaml", "fail"), ("mobilenet", "fail"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "actual"),
    [
        (("--resolution", "16"), 4 * 25_344),
        (("--rho", "2"), 4 * 25_344),
        (("--resolution", "16x8"), 2 * 25_344),
        (("--alpha", "0.5"), (54 + 72) * 64),
    ],
)
def test_the_multipliers_apply(repo: Repository, flags: tuple[str, ...], actual: int) -> None:
    ((_, _, found, _, _),) = told(NET, "--max-mult-adds", "1G", *flags)
    assert found == actual


def test_a_network_on_standard_input() -> None:
    result = call("check", "-", "--max-params", "396", stdin=TINY.encode())
    assert (result.code, result.err) == (0, "")


def test_flags_hold_beside_the_budget_in_the_file(repo: Repository) -> None:
    repo.write({"own.yaml": TINY + "budget: {params: 300, growth: {params: 0}}\n"})
    failing = ("network", "max", 396, None, "fail")
    assert told("own.yaml", code=1) == [failing]
    assert told("own.yaml", "--max-params", "400", code=1) == [
        ("network", "max", 396, None, "pass"),
        failing,
    ]
    assert told("own.yaml", "--against", NET, code=1) == [
        ("network", "max", 396, 0, "fail"),
        ("network", "growth", 396, 0, "pass"),
    ]


# ---------------------------------------------------------------- the budget file


def test_the_budget_file_is_found_from_a_sub_folder(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_root = checks("--against", "main")
    (repo.root / "nets" / "deep").mkdir()
    monkeypatch.chdir(repo.root / "nets" / "deep")
    found = checks("--against", "main")
    ids = [check["id"] for check in from_root]
    assert [check["id"] for check in found] == ids
    assert ids == [f"{NET}:network:params:max", f"{NET}:network:params:growth"]
    assert found[0]["file"] == "../../nets/tiny.yaml"
    assert found[0]["budget"].startswith("../../dscalc.yaml:3:")
    github = call("check", "--against", "main", "--format", "github", "--output", "gitlab:g.json")
    assert github.out == "1 network within budget: 2 checks pass.\n"


def test_paths_in_it_are_seen_from_the_budget_file(repo: Repository) -> None:
    text = config(
        f"{{file: ../{NET}, budget: {{params: 395}}}}",
        "{file: mobilenet, growth: {params: 0}, budget: {params: 5M}}",
    )
    repo.write({".github/dscalc.yaml": text})
    found = checks("--config", ".github/dscalc.yaml", code=1)
    assert (found[0]["network"], found[0]["file"]) == (f"../{NET}", NET)
    result = call("check", "--config", ".github/dscalc.yaml", "--format", "github")
    assert result.out.startswith(f"::error file={NET},line=5,")


def test_a_file_beside_it_wins_over_a_shipped_network(repo: Repository) -> None:
    repo.write({"mobilenet.yaml": TINY})
    repo.write({CONFIG: config("{file: mobilenet.yaml, budget: {params: 396}}",
                               "{file: vgg16, budget: {params: 140M}}")})  # fmt: skip
    assert [check["actual"] for check in checks()] == [396, 138_357_544]


def test_a_budget_file_on_standard_input(repo: Repository) -> None:
    result = call("check", "--config", "-", stdin=PARAMS.encode())
    assert (result.code, result.err.count("note: ")) == (0, 1)


def test_the_search_for_it_ends_at_the_root_of_the_repository(
    repo: Repository, tmp_path: Path
) -> None:
    (repo.root / CONFIG).rename(tmp_path / CONFIG)
    assert complaint("check") == (
        "error: no dscalc.yaml here or up to the repository's root; "
        "name a NETWORK, or --config FILE\n"
    )


def test_growth_without_a_base_is_not_asked_and_that_is_told(repo: Repository) -> None:
    result = call("check")
    assert result.code == 0
    assert result.err == f"note: {NET}: growth is not checked without --against\n"
    assert told() == [("network", "max", 396, None, "pass")]


def test_growth_of_a_shipped_network_is_not_asked(repo: Repository) -> None:
    text = config("{file: mobilenet, budget: {params: 5M}, growth: {params: 0}}")
    repo.write({CONFIG: text})
    result = call("check", "--against", "main")
    assert result.code == 0
    assert result.err == "note: mobilenet: growth is not checked of what comes with dscalc\n"


# ---------------------------------------------------------------- no verdict: exit code 2


TWO = config(f"{{file: {NET}, budget: {{params: 1k}}}}", "{file: vgg16, budget: {params: 1}}")


@pytest.mark.parametrize(
    ("files", "arguments", "said"),
    [
        ({CONFIG: config()}, (), "dscalc.yaml:2:10: networks must be a list, and holds no check"),
        ({CONFIG: config(f"{{file: {NET}}}")}, (), "dscalc.yaml:3:5: holds no check"),
        ({CONFIG: config(f"{{file: {NET}, growth: {{params: 0}}}}")}, (),
         f"{NET}: its budget limits growth alone; say what it grew from with --against"),
        ({CONFIG: config("{file: vgg16, growth: {params: 0}}")}, ("--against", "main"),
         "vgg16: its budget limits growth alone; a shipped network has no history"),
        ({CONFIG: config(f"{{file: {NET}, layers: [{{match: x*, params: 1}}]}}")}, (),
         f"dscalc.yaml:3:45: 'x*' matches no layer of {NET}"),
        ({CONFIG: config("{file: nets/none.yaml, budget: {params: 1}}")}, (),
         "dscalc.yaml:3:5: nets/none.yaml: no such file"),
        ({CONFIG: config("{file: nets, budget: {params: 1}}")}, (), "nets: Is a directory"),
        ({CONFIG: config("{file: alexnet, alpha: 0.0001, budget: {params: 1}}")}, (),
         "α = 0.0001 leaves no channel of 96"),
        ({NET: TINY.replace("conv", "konv")}, (), f"{NET}:4:5: unknown kind 'konv'"),
        ({NET: "[1, 2]"}, (), f"{NET}:1:1: not a network"),
        ({NET: TINY.replace("n: 4", "n: 4, g: 2")}, (), "g=2 does not divide the 3 input channels"),
        ({}, (NET,), f"{NET}: nothing to check: give a limit, as --max-mult-adds, or a budget"),
        ({}, ("--max-params", "1M"), "flags about a network need one"),
        ({}, ("--alpha", "0.5"), "flags about a network need one"),
        ({}, ("--count", "total"), "flags about a network need one"),
        ({}, ("--config", "none.yaml"), "none.yaml: no such file"),
        ({}, ("--config", "nets"), "nets: Is a directory"),
        ({}, ("--against", ""), "the version to compare with is empty"),
        ({}, ("--against", "none"), "'none' is no file, and no revision that this clone has"),
        ({}, ("--against=--output=x",), "'--output=x' is not a revision"),
        ({}, ("--against", f"main:../{NET}"), "a path outside the repository"),
        ({}, ("--against", "main:/etc/passwd"), "main:/etc/passwd: a path outside the repository"),
        ({"base.json": '{"schema_version": 2, "command": "net"}'}, ("--against", "base.json"),
         "base.json: a report of schema version 2; this dscalc reads version 1"),
        ({CONFIG: TWO}, ("--against", "mobilenet"),
         "mobilenet is one network; a git revision has a version of each"),
        ({CONFIG: TWO}, ("--against", f"main:{NET}"),
         f"{NET} is one network; a git revision has a version of each"),
        ({}, ("--output", "x"), "--output must be FORMAT:PATH with one of table, text, json, "
                                "csv, markdown, latex, html, github, gitlab, junit, not 'x'"),
        ({}, ("--output", "xml:x"), "--output must be FORMAT:PATH"),
        ({}, ("--output", "json:"), "--output must be FORMAT:PATH"),
        ({}, ("--output", "json:x", "--output", "junit:x"), "--output names x twice"),
    ],
)  # fmt: skip
def test_no_verdict(
    repo: Repository, files: dict[str, str], arguments: tuple[str, ...], said: str
) -> None:
    repo.write(files)
    for more in ((), ("--exit-zero",), ("--format", "markdown")):
        assert said in complaint("check", *arguments, *more)
    result = call("check", *arguments, "--format", "json")
    assert (result.code, said in result.err) == (2, True)
    if result.out:  # a wrong use is told to people alone
        told = json.loads(result.out)
        assert (told["verdict"], told["checks"]) == ("none", [])
        assert any(error["message"] in result.err for error in told["errors"])


def test_all_networks_without_a_verdict_are_told_at_once(repo: Repository) -> None:
    entries = (f"{{file: nets/{name}.yaml, budget: {{params: 1}}}}" for name in ("a", "tiny", "b"))
    repo.write({CONFIG: config(*entries)})
    told = [line for line in complaint("check").splitlines() if line.startswith("error: ")]
    assert [line.split(": ")[2] for line in told] == ["nets/a.yaml", "nets/b.yaml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--max-layers", "3"), "No such option"), (("--format", "xml"), "Invalid value")],
)
def test_a_wrong_use_is_no_verdict(arguments: tuple[str, ...], said: str) -> None:
    result = call("check", *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_git_missing_is_no_verdict(repo: Repository) -> None:
    result = run("check", "--against", "main", cwd=repo.root, env={"PATH": ""})
    assert (result.code, result.out) == (2, "")
    assert result.err == "error: git was not found; comparing with a revision needs it\n"
    assert run("check", cwd=repo.root, env={"PATH": ""}).code == 0


def test_a_crash_is_no_verdict_and_says_how_to_report_it(repo: Repository) -> None:
    program = (
        "import dscalc.check.runs as c, dscalc.cli\n"
        "def crash(*_): raise RuntimeError('::error::x')\n"
        "c.outcome = crash\n"
        "dscalc.cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "check"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "dscalc itself failed: RuntimeError: ::error::x" in done.stderr
    assert "Please report it" in done.stderr
    assert not any(line.startswith("::") for line in done.stderr.splitlines())


# ---------------------------------------------------------------- what is written where


def test_several_reports_of_one_run(repo: Repository) -> None:
    result = call(
        "check", NET, "--max-params", "395", "--format", "github",
        "--output", "json:out/verdict.json", "--output", "junit:junit.xml",
        "--output", "gitlab:gl-code-quality.json", "--output", "markdown:comment.md",
        "--output", "text:verdict.txt", "--output", "github:commands.txt",
    )  # fmt: skip
    assert result.code == 2
    assert "out/verdict.json: No such file or directory" in result.err
    assert sorted(path.name for path in repo.root.iterdir()) == [".git", CONFIG, "nets"]
    (repo.root / "out").mkdir()
    again = call(
        "check", NET, "--max-params", "395", "--format", "github",
        "--output", "json:out/verdict.json", "--output", "junit:junit.xml",
        "--output", "gitlab:gl-code-quality.json", "--output", "markdown:comment.md",
        "--output", "text:verdict.txt", "--output", "github:commands.txt",
    )  # fmt: skip
    assert again.code == 1
    read = {path.name: path.read_text(encoding="utf-8") for path in _files(repo.root)}
    assert json.loads(read["verdict.json"])["verdict"] == "fail"
    assert Xml.fromstring(read["junit.xml"].encode()).get("failures") == "1"
    assert len(json.loads(read["gl-code-quality.json"])) == 1
    assert read["comment.md"].startswith("<!-- dscalc check -->\n**1 of 1 network over budget")
    assert read["verdict.txt"].startswith("1 of 1 network over budget")
    assert read["commands.txt"] == again.out
    assert not any(name.startswith(".dscalc") for name in read)


def _files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)


@pytest.mark.parametrize("bad", ["no/where.json", "nets"])
def test_reports_are_written_all_or_none(repo: Repository, bad: str) -> None:
    repo.write({"a.json": "before"})
    before = sorted(_files(repo.root))
    outputs = ("--output", "json:a.json", "--output", "junit:b.xml", "--output", f"json:{bad}")
    said = complaint("check", *outputs)
    assert said.startswith(f"error: {bad}: ")
    assert sorted(_files(repo.root)) == before
    assert (repo.root / "a.json").read_text(encoding="utf-8") == "before"


def test_two_outputs_of_which_one_is_a_loop_of_links(repo: Repository) -> None:
    (repo.root / "loop").symlink_to("loop")
    for bad in ("loop", "loop/x"):
        said = complaint("check", "--output", "json:a.json", "--output", f"junit:{bad}")
        assert said == f"error: {bad}: Too many levels of symbolic links\n"
        assert not (repo.root / "a.json").exists()
    assert (repo.root / "loop").is_symlink()


def test_two_names_of_one_file_are_one(repo: Repository) -> None:
    (repo.root / "link").symlink_to("a.json")
    (repo.root / "folder").symlink_to(".")
    for other in ("link", "folder/a.json", "./a.json"):
        said = complaint("check", "--output", "json:a.json", "--output", f"junit:{other}")
        assert said == f"error: --output names {other} twice\n"


def test_only_reports_for_machines_are_written_where_there_is_no_verdict(repo: Repository) -> None:
    complaint("check", "--against", "none", "--output", "json:a.json", "--output", "markdown:a.md")
    assert json.loads((repo.root / "a.json").read_text(encoding="utf-8"))["verdict"] == "none"
    assert not (repo.root / "a.md").exists()
    complaint("check", NET, "--config", "x", "--output", "json:b.json")
    assert not (repo.root / "b.json").exists()


def test_a_report_keeps_the_mode_of_its_file_and_writes_through_links_and_devices(
    repo: Repository,
) -> None:
    repo.write({"a.json": "before", "target.json": "before"})
    (repo.root / "a.json").chmod(0o640)
    (repo.root / "link.json").symlink_to("target.json")
    outputs = [f"json:{name}" for name in ("a.json", "link.json", "new.json", os.devnull)]
    mask = os.umask(0o027)
    try:
        code = call("check", *(word for output in outputs for word in ("--output", output))).code
    finally:
        os.umask(mask)
    assert code == 0
    assert (repo.root / "a.json").stat().st_mode & 0o777 == 0o640
    assert (repo.root / "new.json").stat().st_mode & 0o777 == 0o640
    assert (repo.root / "link.json").is_symlink()
    for name in ("a.json", "target.json", "new.json"):
        assert json.loads((repo.root / name).read_text(encoding="utf-8"))["verdict"] == "pass"
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize(
    ("params", "flags", "code"),
    [
        ("400", (), 0),
        ("{max: 400, warn: 300}", (), 0),
        ("{max: 400, warn: 300}", ("--strict",), 1),
        ("{max: 400, warn: 300}", ("--strict", "--exit-zero"), 0),
        ("300", (), 1),
        ("300", ("--strict",), 1),
        ("300", ("--exit-zero",), 0),
        ("400", ("--strict",), 0),
    ],
)
def test_exit_codes(repo: Repository, params: str, flags: tuple[str, ...], code: int) -> None:
    repo.write({CONFIG: config(f"{{file: {NET}, budget: {{params: {params}}}}}")})
    for form in ("text", "json", "markdown", "github", "gitlab", "junit"):
        assert call("check", "--format", form, *flags).code == code


@pytest.mark.parametrize(("flags", "strict"), [((), False), (("--strict",), True)])
def test_json_says_whether_warnings_fail(
    repo: Repository, flags: tuple[str, ...], strict: bool
) -> None:
    limits = "{params: {max: 400, warn: 300}}"
    repo.write({CONFIG: config(f"{{file: {NET}, budget: {limits}}}")})
    found = json.loads(call("check", "--format", "json", *flags).out)
    assert (found["verdict"], found["strict"]) == ("warn", strict)


# ---------------------------------------------------------------- what JSON says


KEYS = {
    "id": str, "network": str, "scope": str, "metric": str, "kind": str, "actual": int,
    "limit": int, "base": int | None, "delta": int | None, "status": str, "file": str,
    "line": int | None, "message": str,
}  # fmt: skip


def test_every_check_has_the_promised_keys(repo: Repository) -> None:
    text = (
        f"{{file: {NET}, budget: {{params: 300, mult_adds: 1M}}, growth: {{params: 1%}},"
        " layers: [{match: 'conv*', mult_adds: 10k}], message: Ask first.}"
    )
    repo.write({CONFIG: config(text), NET: WIDER})
    document = json.loads(call("check", "--against", "main", "--format", "json").out)
    assert document["verdict"] == "fail"
    assert len(document["checks"]) == 5
    for check in document["checks"]:
        assert {key: isinstance(check[key], kind) for key, kind in KEYS.items()} == dict.fromkeys(
            KEYS, True
        )
        assert check["message"] == "Ask first."
    growth = document["checks"][2]
    assert {key: growth[key] for key in KEYS} == {
        "id": f"{NET}:network:params:growth", "network": NET, "scope": "network",
        "metric": "params", "kind": "growth", "actual": 684, "limit": 3, "base": 396, "delta": 288,
        "status": "fail", "file": NET, "line": 5, "message": "Ask first.",
    }  # fmt: skip


# ---------------------------------------------------------------- what it costs


OWN = Path(__file__).parents[1] / ".github" / CONFIG
SHIPPED = Path(__file__).parents[1] / "configs" / "mobilenet.yaml"
WITHOUT_TYPER = f"""
import sys
from dscalc.check.baseline import Baseline
from dscalc.check.entries import config_entries
from dscalc.check.outcomes import Findings
from dscalc.check.runs import outcomes
from dscalc.render.check import check_document
from dscalc.render.json import as_json
def app():
    found = outcomes(config_entries({str(OWN)!r}), None)
    found += outcomes(config_entries({str(OWN)!r})[:1], Baseline(None, "alexnet"))
    sys.stdout.writelines(as_json(check_document(Findings(tuple(found)))))
"""


def test_neither_git_nor_alignment_is_loaded_where_there_is_nothing_to_ask_of_them() -> None:
    """Asked without Typer, which loads subprocess, difflib and shutil itself."""
    found = loaded(WITHOUT_TYPER)
    assert "dscalc.check.outcomes" in found
    standard = {"subprocess", "difflib", "shutil", "tempfile", "hashlib", "fractions", "xml"}
    assert not found & standard
    assert not found & {"typer", "rich", "dscalc.check.git", "dscalc.render.table"}


@pytest.mark.parametrize(
    ("arguments", "renderers"),
    [
        (("--config", str(OWN), "--format", "json"), set()),
        (("mobilenet", "--max-params", "4M", "--format", "json"), set()),
        (("mobilenet", "--max-params", "5M", "--against", str(SHIPPED), "--format", "json"),
         set()),
        (("mobilenet", "--max-params", "4M", "--format", "csv"), {"csv", "text"}),
        (("mobilenet", "--max-params", "4M", "--format", "github"), {"github", "text"}),
        (("mobilenet", "--max-params", "4M", "--format", "markdown"),
         {"markdown", "text", "comment"}),
    ],
)  # fmt: skip
def test_a_format_loads_what_it_needs(arguments: tuple[str, ...], renderers: set[str]) -> None:
    """In no case Rich, which takes longer than the whole check."""
    found = loaded(DSCALC.format(", ".join(map(repr, ("check", *arguments)))))
    assert "dscalc.check.outcomes" in found
    loaded_here = {name.removeprefix("dscalc.render.") for name in found if ".render." in name}
    assert loaded_here == renderers | {
        *("blocks", "check", "formats", "grid", "json", "sentences", "verdict"),
    }
    assert not found & {
        "rich",
        "dscalc.check.git",
        "dscalc.analysis.fit",
        "dscalc.commands.net",
    }
