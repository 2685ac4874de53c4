"""What git remembers: revisions, merge bases, files there, and nothing run but git."""

from __future__ import annotations

import os
import random
import shlex
from pathlib import Path

import pytest

from dscalc.check import git, renames, revisions, tree
from dscalc.check.baseline import earlier_name
from dscalc.errors import DscalcError
from tests.commands import call, run
from tests.scratch import TINY, WIDER, Repository, config, network

NET = "nets/tiny.yaml"
BUDGET = config(f"{{file: {NET}, growth: {{params: 0}}}}")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """main with three commits and two tags, and a branch that left it at the second."""
    made = Repository(tmp_path_factory.mktemp("history") / "repo")
    made.commit({NET: network("conv: {n: 2}"), "dscalc.yaml": BUDGET})
    made.commit({NET: TINY})
    made.git("checkout", "--quiet", "-b", "feature/x")
    made.commit({NET: WIDER})
    made.git("checkout", "--quiet", "main")
    made.commit({"README": "later"})
    made.git("tag", "--annotate", "--message=one", "v1.0")
    made.git("tag", "light")
    made.git("branch", "release/1")
    made.git("checkout", "--quiet", "feature/x")
    return made


@pytest.fixture
def repo(original: Repository, tmp_path: Path) -> Repository:
    """The same, to do with as a test likes."""
    return original.copy(tmp_path / "repo")


def refused(revision: str, folder: Path) -> str:
    with pytest.raises(DscalcError) as raised:
        revisions.commit(revision, folder)
    return str(raised.value)


# ---------------------------------------------------------------- revisions


@pytest.mark.parametrize("revision", ["main", "v1.0", "light", "release/1", "refs/heads/main"])
def test_a_revision_stands_for_the_place_where_head_left_it(
    repo: Repository, revision: str
) -> None:
    found = revisions.commit(revision, repo.root)
    assert found[:3] == (repo.root, revision, repo.git("rev-parse", "main~1"))
    assert revisions.exact_commit(revision, repo.root).sha == repo.git("rev-parse", "main")


@pytest.mark.parametrize("revision", ["HEAD", "HEAD~1", "main~2", "HEAD^{/A change}"])
def test_an_earlier_commit_stands_for_itself(repo: Repository, revision: str) -> None:
    sha = repo.git("rev-parse", revision)
    assert revisions.commit(revision, repo.root).sha == sha
    assert revisions.commit(sha, repo.root).sha == sha
    assert revisions.commit(sha[:9], repo.root).sha == sha


def test_histories_without_a_common_commit_are_compared_as_they_are(repo: Repository) -> None:
    repo.git("checkout", "--quiet", "--orphan", "alone")
    repo.commit({NET: TINY})
    assert revisions.commit("main", repo.root).sha == repo.git("rev-parse", "main")


def test_a_sub_folder_belongs_to_the_repository(repo: Repository) -> None:
    assert git.repository(repo.root / "nets") == repo.root
    assert revisions.commit("main", repo.root / "nets").root == repo.root


OPTIONS = ["--output=x", "-x", "--upload-pack=touch ran", "-", "--", "--end-of-options", "--exec=x"]


@pytest.mark.parametrize("revision", OPTIONS)
def test_a_revision_is_never_taken_for_an_option(repo: Repository, revision: str) -> None:
    assert refused(revision, repo.root) == f"'{revision}' is not a revision"
    assert sorted(path.name for path in repo.root.iterdir()) == [".git", "dscalc.yaml", "nets"]


@pytest.mark.parametrize("revision", ["main..HEAD", "a b", "main:", "*", "a\\b", "/x", "x/"])
def test_what_no_fetch_could_bring_is_no_revision(repo: Repository, revision: str) -> None:
    assert refused(revision, repo.root) == f"'{revision}' is neither a file nor a revision"


def test_history_that_ends_before_is_told(repo: Repository) -> None:
    for revision in ("HEAD~9", "main~9", "@~9"):
        assert refused(revision, repo.root) == (
            f"'{revision}' names no commit: the history does not go back so far"
        )


def test_a_folder_outside_any_repository_is_told(tmp_path: Path) -> None:
    said = f"'main' is no file, and {tmp_path} is in no git repository"
    assert refused("main", tmp_path) == said


def test_a_repository_without_commits_is_told(tmp_path: Path) -> None:
    empty = Repository(tmp_path / "empty")
    nothing = revisions.commit("HEAD", empty.root)
    assert tree.content(nothing, NET) is None
    assert "git fetch origin main:refs/remotes/main" in refused("main", empty.root)


# ---------------------------------------------------------------- what a clone lacks


CLONES = {
    "shallow": ("--depth=1", "--branch=feature/x"),
    "one branch": ("--single-branch", "--branch=feature/x"),
}


@pytest.mark.parametrize(
    "revision",
    ["origin/main", "main", "origin/release/1", "release/1", "v1.0", "light", "refs/tags/v1.0",
     "refs/heads/main", "SHA", "SHORT", "origin/main~1", "main~1", "v1.0~1", "main^{/A change}"],
)  # fmt: skip
@pytest.mark.parametrize("kind", CLONES)
def test_the_fetch_line_mends_what_is_missing(
    repo: Repository, tmp_path: Path, revision: str, kind: str
) -> None:
    meant = {"SHA": repo.git("rev-parse", "main"), "SHORT": repo.git("rev-parse", "main")[:8]}
    asked = meant.get(revision, revision)
    clone = repo.clone(tmp_path / "clone", "--no-tags", *CLONES[kind])
    said = refused(asked, clone.root).split("\n")
    assert said[0] == f"'{asked}' is no file, and no revision that this clone has; fetch it with"
    clone.git(*shlex.split(said[1])[1:])
    wanted = repo.git("rev-parse", f"{asked.removeprefix('origin/')}^{{commit}}")
    assert revisions.exact_commit(asked, clone.root).sha == wanted
    if kind == "one branch":
        assert clone.git("rev-parse", "--is-shallow-repository") == "false"


def test_a_shallow_history_is_deepened_where_that_is_what_is_missing(
    repo: Repository, tmp_path: Path
) -> None:
    clone = repo.clone(tmp_path / "clone", *CLONES["shallow"])
    said = refused("HEAD~1", clone.root).split("\n")
    assert said[1] == "    git fetch --unshallow origin"
    clone.git(*shlex.split(said[1])[1:])
    assert revisions.commit("HEAD~1", clone.root).sha == repo.git("rev-parse", "HEAD~1")


def test_a_base_that_was_fetched_alone_is_taken_as_it_is_where_it_is_named_in_full(
    repo: Repository, tmp_path: Path
) -> None:
    sha = repo.git("rev-parse", "main")
    clone = repo.clone(tmp_path / "clone", *CLONES["shallow"])
    line = refused(sha, clone.root).split("\n")[1]
    assert "--depth=1" in line
    clone.git(*shlex.split(line)[1:])
    assert revisions.commit(sha, clone.root).sha == sha
    assert clone.git("rev-parse", "--is-shallow-repository") == "true"


def test_remotes_are_named_as_they_are(repo: Repository, tmp_path: Path) -> None:
    clone = repo.clone(tmp_path / "clone", *CLONES["one branch"])
    clone.git("remote", "rename", "origin", "up stream".replace(" ", "-"))
    clone.git("remote", "add", "another", "https://example.org/x")
    assert refused("up-stream/main", clone.root).endswith(
        "\n    git fetch up-stream +refs/heads/main:refs/remotes/up-stream/main"
    )
    assert refused("origin/main", clone.root).endswith(
        "\n    git fetch another origin/main:refs/remotes/origin/main"
    )
    clone.git("remote", "add", "origin", "https://example.org/y")
    assert refused("main", clone.root).endswith("\n    git fetch origin main:refs/remotes/main")


def test_a_shell_takes_the_fetch_line_as_one_command(repo: Repository) -> None:
    line = refused("origin/$(ran);x'&", repo.root).split("\n")[1]
    refspec = "+refs/heads/$(ran);x'&:refs/remotes/origin/$(ran);x'&"
    assert shlex.split(line) == ["git", "fetch", "origin", refspec]


# ---------------------------------------------------------------- files at a commit


def test_a_file_as_it_was(repo: Repository) -> None:
    found = revisions.commit("main", repo.root)
    assert tree.content(found, NET) == TINY.encode()
    assert tree.content(found, f"./{NET}") == TINY.encode()
    assert tree.content(revisions.exact_commit("main~2", repo.root), NET) != TINY.encode()
    assert tree.content(found, "nets/none.yaml") is None


HOSTILE_PATHS = ["a b.yaml", "*.yaml", ":(glob)**", ":/x.yaml", "--output=x", "ä.yaml", "q\"'.yaml",
                 "a\nb.yaml", "a\tb.yaml", "[x].yaml"]  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_a_path_is_taken_literally(repo: Repository, path: str) -> None:
    repo.commit({path: "hostile", "other.yaml": "other"})
    found = revisions.exact_commit("HEAD", repo.root)
    assert tree.content(found, path) == b"hostile"
    repo.git("rm", "--quiet", "--", f":(literal){path}")
    repo.commit({})
    assert tree.content(revisions.exact_commit("HEAD", repo.root), path) is None


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "nets/../../x", "nets/..", "a\0b"])
def test_a_path_outside_the_repository_is_refused(repo: Repository, path: str) -> None:
    found = revisions.commit("main", repo.root)
    with pytest.raises(DscalcError) as raised:
        tree.content(found, path)
    assert str(raised.value) == f"main:{path}: a path outside the repository"


def test_what_is_no_file_is_refused(repo: Repository) -> None:
    (repo.root / "link.yaml").symlink_to("/etc/passwd")
    repo.commit({})
    found = revisions.exact_commit("HEAD", repo.root)
    for path, said in (("nets", "no file, but a folder"), ("link.yaml", "a link out of")):
        with pytest.raises(DscalcError, match=f"HEAD:{path}: {said}"):
            tree.content(found, path)


def test_a_file_that_is_too_large_is_refused_unread(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "LARGEST_BLOB", 1000)
    repo.commit({"large.yaml": " " * 1001})
    with pytest.raises(DscalcError, match=r"HEAD:large\.yaml: larger than"):
        tree.content(revisions.exact_commit("HEAD", repo.root), "large.yaml")


@pytest.mark.parametrize(
    ("file", "inside"),
    [(NET, NET), ("none.yaml", "none.yaml"), ("nets/../x", "x"), ("../x", None), ("/etc/x", None)],
)
def test_the_path_in_the_repository(repo: Repository, file: str, inside: str | None) -> None:
    found = revisions.commit("main", repo.root)
    assert tree.path_in(found, repo.root / file) == inside


# ---------------------------------------------------------------- renamed files


def test_a_renamed_file_is_known_by_its_earlier_path(repo: Repository) -> None:
    found = revisions.exact_commit("HEAD", repo.root)
    repo.git("mv", NET, "nets/größer & 'neu'.yaml")
    assert earlier_name(found, str(repo.root / "nets/größer & 'neu'.yaml")) == NET
    repo.commit({"nets/größer & 'neu'.yaml": WIDER.replace("8, 8", "9, 9")})
    assert earlier_name(found, str(repo.root / "nets/größer & 'neu'.yaml")) == NET
    assert earlier_name(found, str(repo.root / "dscalc.yaml")) == "dscalc.yaml"
    assert earlier_name(found, str(repo.root / "none.yaml")) is None


def test_a_renamed_model_is_known_by_what_it_holds(repo: Repository) -> None:
    """Of more bytes than a network file has, and with some of its weights trained again."""
    chance = random.Random(1)
    weights, others = chance.randbytes(3 * 2**20), chance.randbytes(3 * 2**20)
    for name, data in {"a.onnx": weights, "b.onnx": others, "c.tflite": weights}.items():
        (repo.root / name).write_bytes(data)
    repo.commit({})
    found = revisions.exact_commit("HEAD", repo.root)
    for name in ("a.onnx", "b.onnx"):
        repo.git("mv", name, f"new-{name}")
    changed = weights[: 2**21] + chance.randbytes(2**20)
    (repo.root / "new-a.onnx").write_bytes(changed)
    assert earlier_name(found, str(repo.root / "new-a.onnx")) == "a.onnx"
    assert earlier_name(found, str(repo.root / "new-b.onnx")) == "b.onnx"
    (repo.root / "new.onnx").write_bytes(chance.randbytes(3 * 2**20))
    assert earlier_name(found, str(repo.root / "new.onnx")) is None


def test_a_copied_file_is_new(repo: Repository) -> None:
    found = revisions.exact_commit("HEAD", repo.root)
    repo.commit({"nets/copy.yaml": WIDER})
    assert earlier_name(found, str(repo.root / "nets/copy.yaml")) is None


# ---------------------------------------------------------------- partial clones


@pytest.fixture
def partial(repo: Repository, tmp_path: Path) -> Repository:
    """A clone without the contents of earlier files, which git would fetch when asked."""
    repo.git("config", "uploadpack.allowFilter", "true")
    return repo.clone(tmp_path / "partial", "--filter=blob:none", "--branch=feature/x")


def test_a_file_that_a_partial_clone_lacks_is_not_fetched_and_not_new(partial: Repository) -> None:
    found = revisions.commit("origin/main", partial.root)
    with pytest.raises(DscalcError) as raised:
        tree.content(found, NET)
    first, line = str(raised.value).split("\n")
    assert first == f"origin/main:{NET} is not in this partial clone; fetch it with"
    assert tree.content(found, "nets/none.yaml") is None
    partial.git(*shlex.split(line)[1:])
    assert tree.content(found, NET) == TINY.encode()


def test_a_clone_without_trees_is_no_new_network(repo: Repository, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = repo.clone(tmp_path / "treeless", "--filter=tree:0", "--branch=feature/x")
    with pytest.raises(DscalcError, match="git ls-tree failed"):
        tree.content(revisions.commit("origin/main", clone.root), NET)


# ---------------------------------------------------------------- nothing but git is run


def _canary(folder: Path) -> tuple[str, Path]:
    """A program that leaves a file behind when it is run."""
    ran, program = folder / "ran", folder / "canary"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{ran}'\ncat\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program), ran


EVERY_PROGRAM = (
    "core.fsmonitor", "core.pager", "pager.diff", "pager.ls-tree", "core.editor", "core.askPass",
    "core.sshCommand", "core.gitProxy", "core.alternateRefsCommand", "diff.external",
    "diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge",
    "filter.evil.process", "credential.helper", "remote.origin.uploadpack",
    "uploadpack.packObjectsHook", "gpg.program", "sequence.editor", "interactive.diffFilter",
    "alias.rev-parse", "alias.diff-index", "alias.ls-tree",
)  # fmt: skip
EVERY_VARIABLE = ("GIT_EXTERNAL_DIFF", "GIT_PAGER", "PAGER", "GIT_SSH_COMMAND", "GIT_SSH",
                  "GIT_ASKPASS", "GIT_EDITOR", "GIT_PROXY_COMMAND")  # fmt: skip
HOOKS = ("post-index-change", "reference-transaction", "fsmonitor-watchman", "post-checkout")


@pytest.mark.parametrize("where", ["full", "partial"])
def test_nothing_that_git_is_told_to_run_is_run(
    repo: Repository, partial: Repository, tmp_path: Path, where: str
) -> None:
    there = repo if where == "full" else partial
    program, ran = _canary(tmp_path)
    there.git("mv", NET, "nets/moved.yaml")
    there.write(
        {
            "dscalc.yaml": BUDGET.replace(NET, "nets/moved.yaml"),
            "nets/moved.yaml": TINY,
            ".gitattributes": "*.yaml diff=evil filter=evil\n",
        }
    )
    for hook in HOOKS:
        there.write({f".git/hooks/{hook}": "", f"own-hooks/{hook}": ""})
        for folder in (".git/hooks", "own-hooks"):
            (there.root / folder / hook).unlink()
            (there.root / folder / hook).symlink_to(program)
    settings = "".join(f"\n[{key.rpartition('.')[0].partition('.')[0]}"
                       f"{_subsection(key)}]\n{key.rpartition('.')[2]} = {program}\n"
                       for key in EVERY_PROGRAM)  # fmt: skip
    with (there.root / ".git/config").open("a", encoding="utf-8") as file:
        file.write(settings)
        if where == "full":
            file.write("[core]\nhooksPath = own-hooks\n")
    variables = dict.fromkeys(EVERY_VARIABLE, program)
    base = "main" if where == "full" else "origin/main"
    result = run("check", "--against", base, cwd=there.root, env=variables)
    assert result.code == (0 if where == "full" else 2), result.err
    diff = run("diff", base, cwd=there.root, env=variables)
    assert diff.code == result.code
    assert not ran.exists(), ran.read_text(encoding="utf-8")


def _subsection(key: str) -> str:
    parts = key.split(".")
    return f' "{parts[1]}"' if len(parts) == 3 else ""


def test_the_canary_sings(tmp_path: Path, repo: Repository) -> None:
    """The test above is worth something: git would run these."""
    program, ran = _canary(tmp_path)
    repo.write({".gitattributes": "*.yaml diff=evil filter=evil\n", NET: TINY})
    for key in ("core.fsmonitor", "diff.evil.textconv", "filter.evil.clean"):
        repo.git("config", key, program)
    repo.git("diff", "--stat", "main")
    repo.git("show", "main~1:./nets/tiny.yaml", "--textconv")
    assert ran.exists()


@pytest.mark.parametrize("path", ["", "nowhere", "."])
def test_git_missing_is_told_and_one_in_this_folder_is_not_taken(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, path: str, tmp_path: Path
) -> None:
    program, ran = _canary(tmp_path)
    (repo.root / "git").symlink_to(program)
    monkeypatch.chdir(repo.root)
    monkeypatch.setenv("PATH", path)
    assert refused("main", Path()) == "git was not found; comparing with a revision needs it"
    assert not ran.exists()


def test_a_git_that_does_not_start_is_told(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "bin" / "git"
    broken.parent.mkdir()
    broken.write_text("#!/nowhere/sh\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(broken.parent))
    assert refused("main", repo.root).startswith("git could not be run: ")


def test_what_git_says_of_its_failure_is_told_in_one_line(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failing = tmp_path / "bin" / "git"
    failing.parent.mkdir()
    failing.write_text("#!/bin/sh\necho 'fatal: no luck' >&2\necho more >&2\nexit 128\n")
    failing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{failing.parent}{os.pathsep}{os.environ['PATH']}")
    assert refused("main", repo.root) == "git rev-parse failed: fatal: no luck"


def test_git_does_not_wait_for_anybody(repo: Repository, tmp_path: Path) -> None:
    """Neither for a password nor for a lock that another git holds."""
    (repo.root / ".git" / "index.lock").touch()
    assert revisions.commit("main", repo.root)
    assert earlier_name(revisions.commit("main", repo.root), str(repo.root / NET)) == NET


# ---------------------------------------------------------------- a damaged repository


def loose(repo: Repository, name: str) -> Path:
    sha = repo.git("rev-parse", name)
    return repo.root / ".git" / "objects" / sha[:2] / sha[2:]


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_a_blob_that_cannot_be_read_is_no_matter_of_a_partial_clone(
    repo: Repository, how: str
) -> None:
    found = revisions.commit("main", repo.root)
    blob = loose(repo, f"{found.sha}:{NET}")
    spoil(blob, how)
    with pytest.raises(DscalcError) as raised:
        tree.content(found, NET)
    assert f"main:{NET}: its object {blob.parent.name}{blob.name} is missing or damaged" in str(
        raised.value
    )
    assert "git fsck --full" in str(raised.value)
    assert "partial" not in str(raised.value)


def spoil(file: Path, how: str) -> None:
    file.chmod(0o644)
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes(b"nonsense" + file.read_bytes()[8:])


@pytest.mark.parametrize("how", ["missing", "damaged"])
@pytest.mark.parametrize("revision", ["main", "HEAD~1", "main~1"])
def test_a_commit_that_cannot_be_read_is_told_as_such(
    repo: Repository, revision: str, how: str
) -> None:
    spoil(loose(repo, revision), how)
    said = refused(revision, repo.root)
    assert "does not go back so far" not in said
    assert "damaged" in said or "missing" in said, said


def test_a_damaged_pack_is_told_as_such(repo: Repository) -> None:
    repo.git("repack", "-adq")
    (pack,) = (repo.root / ".git" / "objects" / "pack").glob("*.pack")
    spoil(pack, "damaged")
    for revision in ("main", "HEAD~1", "main~1"):
        said = refused(revision, repo.root)
        assert "does not go back so far" not in said
        assert "damaged" in said, said


# ---------------------------------------------------------------- git's measure of likeness


def test_likeness_is_measured_as_git_measures_it(tmp_path: Path) -> None:
    """Random texts, of which one is renamed and edited, against what git says of the rename."""
    chance = random.Random(9)
    repo = Repository(tmp_path / "repo")
    for _ in range(30):
        lines = [f"  - conv: {{n: {chance.randrange(10**chance.randrange(1, 9))}}}\n"
                 for _ in range(chance.randrange(1, 30))]  # fmt: skip
        later = [line for line in lines if chance.random() < 0.8]
        later += [f"  - norm: {{x: {chance.random()}}}\n" for _ in range(chance.randrange(9))]
        earlier_text, later_text = "".join(lines), "".join(later)
        repo.commit({"a.yaml": earlier_text})
        repo.git("mv", "a.yaml", "b.yaml")
        repo.commit({"b.yaml": later_text})
        said = repo.git(
            "diff", "--find-renames=1%", "--name-status", "HEAD~1", "HEAD", "--", "*.yaml"
        )
        score = int(said.partition("\t")[0].removeprefix("R")) if said.startswith("R") else 0
        ours = renames.similarity(earlier_text.encode(), later_text.encode())
        assert int(ours) == score or (score == 0 and ours < 2)
        repo.git("rm", "--quiet", "b.yaml")


# ---------------------------------------------------------------- how often git is run


@pytest.mark.parametrize("number", [1, 10])
def test_git_is_run_as_often_for_ten_networks_as_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A process takes milliseconds, in a hook before every commit."""
    repo = Repository(tmp_path / "repo")
    names = [f"nets/{n}.yaml" for n in range(number)]
    asked = (f"{{file: {name}, growth: {{params: 0}}}}" for name in names)
    repo.commit({"dscalc.yaml": config(*asked), **dict.fromkeys(names, TINY)})
    repo.write({names[-1]: WIDER})
    monkeypatch.chdir(repo.root)
    run, ask = [], git.ask

    def counted(folder: Path, *arguments: str, given: bytes = b"") -> git.Answer:
        run.append(arguments[0])
        return ask(folder, *arguments, given=given)

    monkeypatch.setattr(git, "ask", counted)
    result = call("check", "--against", "HEAD")
    assert (result.code, f"1 of {number} network" in result.out) == (1, True)
    assert len(run) <= 11
    assert (run.count("ls-tree"), run.count("cat-file")) == (1, 2)


@pytest.mark.parametrize("damage", ["missing", "corrupt"])
def test_one_damaged_file_among_many_is_told_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    repo = Repository(tmp_path / "repo")
    texts = {f"{n}.yaml": f"# {n}\n{TINY}" for n in range(3)}
    asked = (f"{{file: {name}, growth: {{params: 0}}}}" for name in texts)
    repo.commit({"dscalc.yaml": config(*asked), **texts})
    blob = repo.git("rev-parse", "HEAD:1.yaml")
    file = repo.root / ".git" / "objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(b"no object") if damage == "corrupt" else file.unlink()
    monkeypatch.chdir(repo.root)
    result = call("check", "--against", "HEAD")
    assert result.code == 2
    assert f"HEAD:1.yaml: its object {blob} is missing or damaged" in result.err
    assert "HEAD:0.yaml" not in result.err
    assert "HEAD:2.yaml" not in result.err
