"""Keeps one comment on a pull request: posts it, brings it up to date, takes it away again.

It is known by its first line and by who wrote it. Whatever happens here, the verdict stays what it
is: where nothing can be posted, as in a pull request from a fork, that is said and no more.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

QUIET = "<!-- dscalc check: nothing changed -->\n"
WORKFLOWS = "github-actions[bot]"  # who writes with the token of a workflow
MOST_PAGES, PAGE = 30, 100
TIMEOUT = 30  # seconds


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token is for the one server."""

    def redirect_request(self, *_: Any) -> None:
        return None


def main() -> None:
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    try:
        print(kept(text))
    except urllib.error.HTTPError as error:
        why = " (it needs pull-requests: write, which forks do not get)" * (
            error.code in (401, 403)
        )
        print(f"::notice title=dscalc::No comment: GitHub says {error.code}{why}.")
    except (OSError, ValueError) as error:
        said = re.sub(r"[^ -~]|%", " ", str(error))
        print(f"::notice title=dscalc::No comment: {said}")


def kept(text: str) -> str:
    """Brings the comment up to date; returns what was done."""
    mark = f"<!-- dscalc {_key()} -->\n"
    body = mark + text
    found = [comment for comment in _comments() if comment["body"].startswith(mark.rstrip("\n"))]
    if text.startswith(QUIET):
        for comment in found:
            _ask("DELETE", f"issues/comments/{comment['id']}")
        return "Nothing changed: no comment."
    for comment in found[1:]:
        _ask("DELETE", f"issues/comments/{comment['id']}")
    if not found:
        _ask("POST", f"issues/{int(os.environ['NUMBER'])}/comments", {"body": body})
        return "Commented."
    _ask("PATCH", f"issues/comments/{found[0]['id']}", {"body": body})
    return "The comment is up to date."


def _key() -> str:
    """What tells this comment from those of other jobs and budget files."""
    parts = [os.environ.get(name, "") for name in ("GITHUB_WORKFLOW", "GITHUB_JOB", "CONFIG")]
    return "/".join(re.sub(r"[^A-Za-z0-9_.]+", "-", part) for part in parts)


def _comments() -> list[dict[str, Any]]:
    """The comments that whoever has the token wrote: another's may begin with the same line."""
    own, found = _login(), []
    for page in range(1, MOST_PAGES + 1):
        path = f"issues/{int(os.environ['NUMBER'])}/comments?per_page={PAGE}&page={page}"
        listed = _ask("GET", path)
        found += [comment for comment in listed if comment["user"]["login"] == own]
        if len(listed) < PAGE:
            break
    return found


def _login() -> str:
    try:
        return str(_ask("GET", "/user")["login"])
    except urllib.error.HTTPError:  # the token of a workflow is of no user
        return WORKFLOWS


def _ask(method: str, path: str, content: dict[str, str] | None = None) -> Any:
    """What the server answers; a path is one of the repository, unless it begins with a slash."""
    server = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    under = "" if path.startswith("/") else f"/repos/{os.environ['GITHUB_REPOSITORY']}/"
    request = urllib.request.Request(
        f"{server}{under}{path}",
        data=None if content is None else json.dumps(content).encode(),
        method=method,
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['TOKEN']}",
            "Content-Type": "application/json",
            "User-Agent": "dscalc",
        },
    )
    with urllib.request.build_opener(NoRedirect).open(request, timeout=TIMEOUT) as answer:
        data = answer.read()
    return json.loads(data) if data else None


if __name__ == "__main__":
    main()
