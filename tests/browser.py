"""A browser to look with: Chromium without a window, spoken to through a pair of pipes."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--remote-debugging-pipe", "about:blank"),
)
PATIENCE = 120  # seconds
COMPLAINTS = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
"""What a page is told of that went wrong in it: what a policy blocked, what a script threw."""


class Browser:
    """One tab. Messages are JSON with a zero byte behind, as Chromium's DevTools want them."""

    def __init__(self, to: int, back: int) -> None:
        self.to, self.back = to, back
        self.left = b""
        self.number = 0
        self.events: list[dict[str, Any]] = []
        self.session = ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a message; what happens meanwhile is kept among the events."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while (found := self._read()).get("id") != self.number:
            self.events.append(found)
        assert "error" not in found, found
        answer = found["result"]
        assert isinstance(answer, dict)
        return answer

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self.left:
            ready, _, _ = select.select([self.back], [], [], PATIENCE)
            part = os.read(self.back, 1 << 20) if ready else b""
            assert part, "the browser has gone, or hangs"
            self.left += part
        message, self.left = self.left.split(b"\0", 1)
        read = json.loads(message)
        assert isinstance(read, dict)
        return read

    def open(self, page: Path, width: int, scheme: str = "light", media: str = "screen") -> None:
        """Shows a page in a window of so many pixels, or as on paper of that width."""
        phone = width < 600
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=phone,
        )
        preferred = {"name": "prefers-color-scheme", "value": scheme}
        self.ask("Emulation.setEmulatedMedia", media=media, features=[preferred])
        self.events.clear()
        self.ask("Page.navigate", url=page.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self._read())

    def complaints(self) -> list[dict[str, Any]]:
        """What went wrong since the page was opened."""
        return [event["params"] for event in self.events if event["method"] in COMPLAINTS]

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        given: Mapping[str, Any] = {"expression": script, "returnByValue": True}
        done = self.ask("Runtime.evaluate", **given)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def point(self, x: float, y: float, click: bool = False) -> None:
        """Moves the mouse to a place of the window, and clicks there if asked to."""
        kinds = ["mouseMoved", *(["mousePressed", "mouseReleased"] if click else [])]
        for kind in kinds:
            button = {"button": "left", "clickCount": 1} if kind != "mouseMoved" else {}
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser that keeps what it must in the folder `profile`."""
    assert CHROMIUM is not None
    process = subprocess.Popen(
        [
            *("sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null', "sh"),
            *(CHROMIUM, f"--user-data-dir={profile}", *FLAGS),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Browser(process.stdin.fileno(), process.stdout.fileno())
    finally:
        process.kill()
        process.communicate()
