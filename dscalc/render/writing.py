"""Files are written whole or not at all, several of them all or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dscalc.errors import DscalcError


def write_whole(texts: Mapping[str, str | bytes]) -> None:
    """Writes texts, or bytes, by path, each file whole and none where one of them cannot be.

    A device, a pipe or a link is written to as it is. Raises DscalcError where that fails.
    """
    written: dict[Path, Path] = {}
    path = ""
    try:
        for path, text in texts.items():
            if not _is_special(Path(path)):
                written[Path(path)] = _written_beside(Path(path), text)
        for path, text in texts.items():
            if _is_special(Path(path)):
                Path(path).write_bytes(_bytes(text))
        for target, temporary in written.items():
            path = str(target)
            temporary.replace(target)
    except OSError as error:
        raise DscalcError(f"{path}: {error.strerror}") from None
    finally:
        for temporary in written.values():
            temporary.unlink(missing_ok=True)


def _is_special(path: Path) -> bool:
    return path.is_symlink() or (path.exists() and not path.is_file())


def _bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8") if isinstance(text, str) else text


def _written_beside(target: Path, text: str | bytes) -> Path:
    """A new file with the text and the target's mode, in the target's folder."""
    import os
    import tempfile

    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".dscalc-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_bytes(text))
        Path(name).chmod(target.stat().st_mode if target.exists() else 0o666 & ~_umask())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _umask() -> int:
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask
