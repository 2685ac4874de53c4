"""Growth that must not pass unseen: every way round a budget, in real repositories."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest

from dscalc.check.entries import CONFIG
from tests.commands import Result, call_in
from tests.scratch import TINY, WIDER, Repository, config, network

NET = "nets/tiny.yaml"
OTHER = network("conv: {n: 4}", "conv: {n: 64}", "pointwise: {n: 128}")
UNLIKE = (
    "name: Unlike\ninput: [16, 16, 1]\nlayers:\n- separable: {n: 5}\n- separable: {n: 9, k: 5}\n"
)


def growing(file: str = NET) -> str:
    """A budget file that allows no growth of a network."""
    return config(f"{{file: {file}, growth: {{params: 0}}}}")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """TINY on main without leave to grow, and a branch to work on."""
    made = Repository(tmp_path_factory.mktemp("growth") / "repo")
    made.commit({NET: TINY, CONFIG: growing()})
    made.git("checkout", "--quiet", "-b", "feature")
    return made


@pytest.fixture
def repo(original: Repository, tmp_path: Path) -> Repository:
    """The same, to do with as a test likes."""
    return original.copy(tmp_path / "repo")


def check(
    where: Repository | Path, *arguments: str, env: dict[str, str] | None = None, stdin: str = ""
) -> Result:
    """`dscalc check ARGUMENTS` in a folder."""
    folder = where if isinstance(where, Path) else where.root
    return call_in(folder, "check", *arguments, env=env, stdin=stdin)


def grown(result: Result, *said: str) -> None:
    """It is found to have grown: exit code 1, and says so."""
    assert result.code == 1, result
    assert "of +0 allowed" in result.out
    for text in said:
        assert text in result.out


def no_verdict(result: Result, *said: str) -> None:
    assert (result.code, result.out) == (2, ""), result
    assert "Traceback" not in result.err
    for text in said:
        assert text in result.err


# ---------------------------------------------------------------- 1a: not of this repository


def test_standard_input_has_no_past_in_git(repo: Repository) -> None:
    own = WIDER + "budget: {params: 1k, growth: {params: 0}}\n"
    no_verdict(check(repo, "-", "--against", "main", stdin=own), "standard input has no path")
    grown(check(repo, "-", "--against", f"main:{NET}", stdin=own))


@pytest.mark.parametrize("kind", ["submodule", "nested"])
def test_a_network_of_another_repository(repo: Repository, tmp_path: Path, kind: str) -> None:
    inner = Repository(tmp_path / "inner")
    inner.commit({"tiny.yaml": WIDER})
    if kind == "submodule":
        repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
                 str(inner.root), "inner")  # fmt: skip
        repo.commit({})
        repo.git("branch", "--force", "main")
    else:
        inner.copy(repo.root / "inner")
    repo.write({CONFIG: growing("inner/tiny.yaml")})
    said = check(repo, "--against", "main")
    no_verdict(said, "inner", "submodule" if kind == "submodule" else "git cannot know")


def test_a_link_into_another_repository(repo: Repository, tmp_path: Path) -> None:
    Repository(tmp_path / "inner").commit({"tiny.yaml": WIDER})
    (repo.root / "link.yaml").symlink_to(tmp_path / "inner" / "tiny.yaml")
    repo.write({CONFIG: growing("link.yaml")})
    no_verdict(check(repo, "--against", "main"), "git cannot know")


def test_a_network_that_git_ignores_never_has_a_past(repo: Repository) -> None:
    repo.write(
        {".gitignore": "built/\n", "built/net.yaml": WIDER, CONFIG: growing("built/net.yaml")}
    )
    no_verdict(check(repo, "--against", "main"), "git ignores built/net.yaml")


# ---------------------------------------------------------------- 1b: which repository


def test_git_dir_alone_does_not_say_where_the_root_is(repo: Repository) -> None:
    """As in the hooks of a worktree."""
    repo.write({NET: WIDER, "nets/dscalc.yaml": growing("tiny.yaml")})
    for git_dir in (str(repo.root / ".git"), ".git"):
        env = {"GIT_DIR": git_dir}
        grown(check(repo.root / "nets", "--against", "main", env=env))
        grown(check(repo, "--config", "nets/dscalc.yaml", "--against", "main", env=env))
    grown(check(repo.root / "nets", "--against", "main", env={"GIT_DIR": "../.git"}))


def test_a_hook_in_a_worktree(repo: Repository, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "another")
    tree = Repository(tmp_path / "tree")
    hook = repo.root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\nenv | grep ^GIT_DIR= >&2\ncd nets\n"
        f"{shlex.join(_python())} -m dscalc check --against HEAD >&2\n"
    )
    hook.chmod(0o755)
    tree.write({NET: WIDER})
    said = tree.fails("commit", "--all", "--message=wider")
    assert "GIT_DIR=" in said
    assert "of +0 allowed" in said


def _python() -> list[str]:
    import sys

    return ["env", f"PYTHONPATH={Path(__file__).parents[1]}", sys.executable]


def test_git_dir_of_another_repository_is_told(repo: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other")
    other.commit({NET: WIDER})
    repo.write({NET: WIDER})
    env = {"GIT_DIR": str(other.root / ".git")}
    no_verdict(check(repo, "--against", "HEAD", env=env), "GIT_DIR is", "GIT_WORK_TREE")
    (tmp_path / "plain" / "nets").mkdir(parents=True)
    (tmp_path / "plain" / NET).write_text(WIDER)
    (tmp_path / "plain" / CONFIG).write_text(growing())
    said = check(tmp_path / "plain", "--against", "HEAD", env=env)
    no_verdict(said, "GIT_DIR needs GIT_WORK_TREE beside it")


def test_a_detached_git_dir_keeps_working(repo: Repository, tmp_path: Path) -> None:
    (repo.root / ".git").rename(tmp_path / "apart")
    repo.write({NET: WIDER})
    for git_dir, tree, folder in (
        (str(tmp_path / "apart"), str(repo.root), repo.root),
        ("../apart", ".", repo.root),
        ("../../apart", "..", repo.root / "nets"),
    ):
        env = {"GIT_DIR": git_dir, "GIT_WORK_TREE": tree}
        grown(check(folder, "--config", str(repo.root / CONFIG), "--against", "main", env=env))


@pytest.mark.parametrize("folder", [".", "nets"])
def test_the_index_of_a_commit_of_some_files_knows_the_rename(
    repo: Repository, folder: str
) -> None:
    """git commit a b: its index is another one, and the real one still has the old name."""
    hook = repo.root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    program = f"{shlex.join(_python())} -m dscalc check --against HEAD"
    hook.write_text(f"#!/bin/sh\ncd {folder}\n{program} >&2\n")
    hook.chmod(0o755)
    (repo.root / NET).rename(repo.root / "nets" / "new.yaml")
    repo.write({"nets/new.yaml": WIDER, CONFIG: growing("nets/new.yaml")})
    repo.git("add", "--intent-to-add", "nets/new.yaml")
    said = repo.fails("commit", "--message=some", "--", NET, "nets/new.yaml", CONFIG)
    assert "of +0 allowed" in said


@pytest.mark.parametrize("index", ["missing", "broken"])
def test_an_index_that_cannot_be_read_is_no_verdict(
    repo: Repository, tmp_path: Path, index: str
) -> None:
    repo.git("mv", NET, "nets/new.yaml")
    repo.write({"nets/new.yaml": WIDER, CONFIG: growing("nets/new.yaml")})
    (tmp_path / "broken").write_bytes(b"DIRC nonsense")
    env = {"GIT_INDEX_FILE": str(tmp_path / index)}
    no_verdict(check(repo, "--against", "main", env=env))


# ---------------------------------------------------------------- 1c: renamed


@pytest.mark.parametrize("staged", ["no", "intent", "yes", "committed", "out of the index"])
@pytest.mark.parametrize("limit", ["", "1"])
def test_a_renamed_network_is_compared_with_its_earlier_name(
    repo: Repository, staged: str, limit: str
) -> None:
    if limit:
        repo.git("config", "diff.renameLimit", limit)
        repo.git("config", "diff.renames", "false")
    if staged == "out of the index":
        repo.git("rm", "--quiet", "--cached", NET)
    else:
        (repo.root / NET).rename(repo.root / "nets" / "new.yaml")
    repo.write({"nets/new.yaml": WIDER, CONFIG: growing("nets/new.yaml")})
    if staged == "intent":
        repo.git("add", "--intent-to-add", "nets/new.yaml")
    elif staged == "yes":
        repo.git("add", "--all")
    elif staged == "committed":
        repo.commit({})
    grown(check(repo, "--against", "main"), f"compared with main:{NET}")


def test_a_thousand_renamed_files_are_not_too_many(repo: Repository) -> None:
    def nets(folder: str, n: int) -> dict[str, str]:
        return {f"{folder}/net{i}.yaml": network(f"conv: {{n: {n}}}", f"conv: {{n: {i + 1}}}")
                for i in range(1001)}  # fmt: skip

    repo.commit(nets("a", 4))
    repo.git("branch", "--force", "main")
    repo.git("rm", "--quiet", "-r", "a")
    repo.commit({**nets("b", 6), CONFIG: growing("b/net500.yaml")})
    grown(check(repo, "--against", "main"), "compared with main:a/net500.yaml")


def test_where_two_earlier_names_could_be_meant_both_are_told(repo: Repository) -> None:
    one, two, new = (network("conv: {n: 4}", f"conv: {{n: {n}}}", "norm") for n in (7, 9, 8))
    repo.commit({"nets/one.yaml": one, "nets/two.yaml": two})
    repo.git("branch", "--force", "main")
    repo.git("rm", "--quiet", "nets/one.yaml", "nets/two.yaml")
    repo.write({"nets/new.yaml": new, CONFIG: growing("nets/new.yaml")})
    no_verdict(check(repo, "--against", "main"), "nets/one.yaml or nets/two.yaml", "REV:path")
    (repo.root / "nets/new.yaml").rename(repo.root / "two.yaml")  # the name says which
    repo.write({CONFIG: growing("two.yaml")})
    assert check(repo, "--against", "main").code == 0


# ---------------------------------------------------------------- 1d: new

FORMATS = ("text", "json", "csv", "markdown", "html", "github", "gitlab", "junit")


@pytest.mark.parametrize("form", FORMATS)
def test_a_new_network_is_called_new_in_every_format(repo: Repository, form: str) -> None:
    old, new = f"{{file: {NET}, growth: {{params: 0}}}}", "file: nets/new.yaml, growth: {params: 0}"
    repo.write({"nets/new.yaml": UNLIKE, CONFIG: config(old, f"{{{new}}}")})
    result = check(repo, "--against", "main", "--format", form)
    assert result.code == 0
    assert "nets/new.yaml is new: it has no base version" in unescaped(result.out)
    if form == "json":
        told = json.loads(result.out)
        assert told["verdict"] == "warn"
        assert [network["new"] for network in told["networks"]] == [False, True]
    assert check(repo, "--against", "main", "--strict").code == 1
    repo.write({CONFIG: config(old, f"{{{new}, budget: {{params: 1k}}}}")})
    held = check(repo, "--against", "main", "--strict", "--format", form)
    assert held.code == 0
    assert "nets/new.yaml is new" in unescaped(held.out)


def unescaped(text: str) -> str:
    """The text with what Markdown escapes as it was."""
    return (
        text.replace("\\_", "_")
        .replace("\u2060", "")
        .replace("\\u2192", "→")
        .replace("`", "")
        .replace("\\>", ">")
    )


@pytest.mark.parametrize("name", ["Nets/TINY.yaml", "nets/t\u00efny.yaml"])
def test_a_file_system_that_does_not_tell_case(repo: Repository, name: str) -> None:
    """Here a second name of one file stands for it."""
    there = NET if name == "Nets/TINY.yaml" else "nets/ti\u0308ny.yaml"
    repo.commit({there: TINY, "README": "more"})
    repo.git("branch", "--force", "main")
    repo.write({there: WIDER})
    (repo.root / name).parent.mkdir(exist_ok=True)
    os.link(repo.root / there, repo.root / name)
    repo.write({CONFIG: growing(name)})
    grown(check(repo, "--against", "main"))


# ---------------------------------------------------------------- 2: two readings of one name


@pytest.mark.parametrize("name", ["origin/main", "v1.0", "HEAD", f"HEAD:{NET}", "SHA"])
@pytest.mark.parametrize("command", ["check", "diff"])
def test_a_file_named_like_a_revision(repo: Repository, name: str, command: str) -> None:
    sha = repo.git("rev-parse", "main")
    repo.git("update-ref", "refs/remotes/origin/main", sha)
    repo.git("tag", "v1.0")
    name = name.replace("SHA", sha)
    repo.write({name: WIDER, NET: WIDER})
    arguments = (
        ("check", NET, "--max-params", "1M", "--against") if command == "check" else ("diff",)
    )
    more = (NET,) if command == "diff" else ()
    said = call_in(repo.root, *arguments, name, *more)
    no_verdict(said, f"'{name}' is ambiguous", f"./{name}")
    assert call_in(repo.root, *arguments, f"./{name}", *more).code == 0
    suggested = said.err.partition(", or ")[2].partition("(")[2].partition(")")[0]
    assert call_in(repo.root, *arguments, suggested, *more).code == 0, suggested


def test_a_full_name_is_never_taken_for_a_file(repo: Repository) -> None:
    repo.write({NET: WIDER, "refs/heads/main": WIDER})
    grown(check(repo, "--against", "refs/heads/main"))


def test_a_branch_named_like_a_shipped_network(repo: Repository) -> None:
    repo.git("branch", "unet", "main")
    repo.write({NET: WIDER})
    no_verdict(check(repo, "--against", "unet"), "unet.yaml", "refs/heads/unet")
    grown(check(repo, "--against", "refs/heads/unet"))


@pytest.mark.parametrize("name", ["twice", "twice~0", "abcd", "HEAD"])
def test_a_name_of_two_things(repo: Repository, name: str) -> None:
    base = name.partition("~")[0]
    repo.git("update-ref", f"refs/heads/{base}", "main")
    repo.commit({"README": "more"})
    repo.git("update-ref", f"refs/{'tags' if name != 'HEAD' else 'heads'}/{base}", "HEAD")
    if name == "abcd":
        repo.git("update-ref", "-d", "refs/tags/abcd")
        short = repo.git("rev-parse", "main")[:7]
        repo.git("update-ref", f"refs/heads/{short}", "HEAD")
        no_verdict(check(repo, "--against", short), "ambiguous", f"refs/heads/{short}", "^0")
        return
    no_verdict(check(repo, "--against", name), "ambiguous", f"refs/heads/{base}")


# ---------------------------------------------------------------- 3: which file


def test_a_network_turned_into_a_link_to_a_bigger_one(repo: Repository) -> None:
    repo.commit({"old/big.yaml": WIDER, "old/nets/tiny.yaml": WIDER})
    repo.git("branch", "--force", "main")
    (repo.root / NET).unlink()
    (repo.root / NET).symlink_to("../old/big.yaml")
    grown(check(repo, "--against", "main"))
    (repo.root / NET).unlink()
    (repo.root / "nets").rmdir()
    (repo.root / "nets").symlink_to("old/nets")
    grown(check(repo, "--against", "main"))
    repo.commit({})
    grown(check(repo, "--against", "main"))
    assert check(repo, "--against", "HEAD").code == 0  # links are followed at the base, too


def test_dots_after_a_link_are_read_as_the_system_reads_them(repo: Repository) -> None:
    """link/../net.yaml is deep/net.yaml, and not net.yaml."""
    repo.commit({"deep/er/dscalc.yaml": growing("../net.yaml"), "deep/net.yaml": TINY,
                 "net.yaml": WIDER})  # fmt: skip
    (repo.root / "link").symlink_to("deep/er")
    repo.commit({})
    repo.git("branch", "--force", "main")
    repo.write({"deep/net.yaml": WIDER})
    grown(check(repo, "--config", "link/dscalc.yaml", "--against", "main"))


@pytest.mark.parametrize("against", [(), ("--against", "main")])
def test_a_shipped_namesake_does_not_stand_in_for_a_deleted_file(
    repo: Repository, against: tuple[str, ...]
) -> None:
    budget = config("{file: unet.yaml, budget: {params: 40M}, growth: {params: 0}}")
    repo.commit({"unet.yaml": TINY, CONFIG: budget})
    repo.git("branch", "--force", "main")
    (repo.root / "unet.yaml").unlink()
    no_verdict(check(repo, *against), "unet.yaml: no such file")
    (repo.root / "unet.yaml").symlink_to("nowhere")
    no_verdict(check(repo, *against), "unet.yaml: no such file")
    (repo.root / "unet.yaml").unlink()
    if against:
        said = check(repo, "unet.yaml", "--max-params", "40M", *against)
        no_verdict(said, "unet.yaml: no such file any more")


def test_a_bare_name_is_the_shipped_network_and_no_file(repo: Repository) -> None:
    repo.write({CONFIG: config("{file: unet, budget: {params: 40M}}")})
    assert check(repo).code == 0
    repo.write({"unet": TINY})
    no_verdict(check(repo), "'unet' is ambiguous", "./unet")
    repo.write({CONFIG: config("{file: ./unet, budget: {params: 395}}")})
    assert check(repo).code == 1


def test_replaced_objects_and_grafts_are_off(repo: Repository) -> None:
    base = repo.git("rev-parse", "main")
    wider = repo.commit({NET: WIDER})
    repo.git("replace", base, wider)
    blobs = [repo.git("rev-parse", f"{base}:{NET}"), repo.git("hash-object", NET)]
    grown(check(repo, "--against", base))
    repo.git("replace", "--delete", base)
    repo.git("replace", *blobs)
    grown(check(repo, "--against", base))
    repo.git("replace", "--delete", blobs[0])
    repo.commit({"README": "more"})
    head, middle = repo.git("rev-parse", "HEAD"), repo.git("rev-parse", "HEAD~1")
    repo.git("branch", "--force", "main", middle)
    repo.git("checkout", "--quiet", "-b", "side", base)
    repo.commit({NET: WIDER, "side": "x"})
    (repo.root / ".git/info").mkdir(exist_ok=True)
    (repo.root / ".git/info/grafts").write_text(f"{repo.git('rev-parse', 'HEAD')} {head}\n")
    grown(check(repo, "--against", "main"))


def test_another_deleted_file_is_taken_as_git_says_and_told(repo: Repository) -> None:
    repo.commit({"nets/big.yaml": OTHER, NET: UNLIKE})
    repo.git("branch", "--force", "main")
    repo.git("rm", "--quiet", NET, "nets/big.yaml")
    repo.commit({"nets/new.yaml": OTHER, CONFIG: growing("nets/new.yaml")})
    result = check(repo, "--against", "main")
    assert result.code == 0
    for form in ("text", "json", "markdown", "github", "gitlab", "junit"):
        said = check(repo, "--against", "main", "--format", form).out
        assert "main:nets/big.yaml" in said, form


# ---------------------------------------------------------------- 4a: shallow clones


def test_a_shallow_clone_without_a_merge_base_says_how_to_get_one(
    repo: Repository, tmp_path: Path
) -> None:
    """main has grown meanwhile: compared with its tip, the feature's own growth would be hidden."""
    repo.commit({NET: WIDER})
    repo.git("checkout", "--quiet", "main")
    repo.commit({NET: OTHER})
    clone = repo.clone(tmp_path / "clone", "--depth=1", "--branch=feature")
    clone.git("fetch", "--quiet", "--depth=1", "origin", "+main:refs/remotes/origin/main")
    said = check(clone, "--against", "origin/main")
    no_verdict(said, "where HEAD left 'origin/main' is not in this shallow clone")
    clone.git(*shlex.split(said.err.splitlines()[1])[1:])
    grown(check(clone, "--against", "origin/main"))


def test_a_base_named_exactly_is_taken_as_it_is(repo: Repository, tmp_path: Path) -> None:
    sha = repo.git("rev-parse", "main")
    repo.commit({NET: WIDER})
    repo.commit({"README": "more"})
    clone = repo.clone(tmp_path / "clone", "--depth=1", "--branch=feature")
    clone.git("fetch", "--quiet", "--depth=1", "origin", "+main:refs/remotes/origin/main")
    grown(check(clone, "--against", sha))
    grown(check(clone, "--against", f"origin/main:{NET}"))


def test_a_common_commit_is_not_trusted_where_history_is_cut_before_it(
    repo: Repository,
) -> None:
    """main is old - left - tip; HEAD has left as a parent's parent, which is cut off, and old too.

    Compared with old, which is bigger, the growth since left would pass.
    """
    repo.git("checkout", "--quiet", "main")
    old = repo.commit({NET: OTHER})
    left = repo.commit({NET: TINY})
    repo.commit({"README": "main goes on"})
    repo.git("checkout", "--quiet", "-B", "feature", left)
    cut = repo.commit({"a": "1"})
    repo.git("checkout", "--quiet", "-B", "side", old)
    repo.commit({"b": "1"})
    repo.git("checkout", "--quiet", "feature")
    repo.git("merge", "--quiet", "--no-edit", "-X", "ours", "side")
    repo.commit({NET: WIDER})
    grown(check(repo, "--against", "main"))
    (repo.root / ".git" / "shallow").write_text(f"{cut}\n")
    assert repo.git("merge-base", "main", "HEAD") == old
    no_verdict(check(repo, "--against", "main"), "where HEAD left 'main' is not in this shallow")


# ---------------------------------------------------------------- 4b: the file's own budget


@pytest.mark.parametrize("budget", ["params: 300", "growth: {params: 0}"])
def test_the_budget_in_the_file_holds_beside_others(repo: Repository, budget: str) -> None:
    own = WIDER + f"budget: {{{budget}}}\n"
    entry = config(f"{{file: {NET}, budget: {{mult_adds: 1M}}}}")
    repo.write({NET: own, CONFIG: entry})
    assert check(repo, "--against", "main").code == 1
    assert check(repo, NET, "--max-mult-adds", "1M", "--against", "main").code == 1
    if "growth" not in budget:
        assert check(repo).code == 1
        assert check(repo, NET, "--max-params", "1M").code == 1  # a flag loosens nothing
        assert check(repo, NET, "--max-params", "1").code == 1
    # Another α, size, count or type is another question than that of the file.
    for flags in (("--alpha", "0.25"), ("--rho", "2"), ("--count", "total"), ("--dtype", "int8")):
        told = check(repo, NET, "--max-mult-adds", "1M", *flags)
        assert told.code == 0, told
        assert "its own budget is not for this setting" in told.out
    said = check(repo, NET, "--max-mult-adds", "1M", "--resolution", "8", "--against", "main")
    assert said.code == 1  # the size that it has


# ---------------------------------------------------------------- 7: nothing has a cost


@pytest.mark.parametrize(
    "layers", ["sequence: []", "residual: []", "concat: [[], []]", "pool: {k: 2}", "flatten"]
)
def test_a_network_without_a_cost_is_no_verdict(repo: Repository, layers: str) -> None:
    repo.write({NET: network(layers)})
    no_verdict(check(repo, "--against", "main"), "nothing in it has a cost")
    no_verdict(check(repo, NET, "--max-memory", "1MB"), "nothing in it has a cost")
    no_verdict(call_in(repo.root, "fit", NET, "--max-params", "1M"), "nothing in it has a cost")
    shown = call_in(repo.root, "net", NET)
    assert shown.code == 0
    assert "Nothing in it has a cost." in shown.out


# ---------------------------------------------------------------- 8: hooks


def test_before_the_first_commit_everything_is_new(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "repo")
    repo.write({NET: WIDER, CONFIG: growing()})
    for revision in ("HEAD", "@"):
        result = check(repo, "--against", revision)
        assert (result.code, result.err) == (0, "")
        assert "new" in result.out
    no_verdict(check(repo, "--against", "main"))
    (repo.root / ".git" / "refs" / "heads" / "main").write_text("nonsense\n")
    no_verdict(check(repo, "--against", "HEAD"))


def test_a_commit_that_only_deletes_a_network(repo: Repository) -> None:
    repo.git("rm", "--quiet", NET)
    no_verdict(check(repo, "--against", "HEAD"), f"{NET}: no such file")
