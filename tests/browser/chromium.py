"""A headless Chromium over its debugging pipe (Chrome DevTools Protocol): no driver, no network."""

import json
import os
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

FOUND = shutil.which("chromium") or shutil.which("google-chrome")
_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run", "--disable-extensions"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe", "about:blank"),
)
_KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Escape": (27, ""), "Space": (32, " ")}


class Tab:
    """One page: what it shows, and everything it asked for or complained about."""

    def __init__(self, sends: FileIO, tells: BinaryIO) -> None:
        self._out, self._in = sends, tells
        self._number, self._session = 0, ""
        self._asked: dict[str, str] = {}
        self.complaints: list[str] = []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        attached = self("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **parameters: Any) -> Any:
        """The answer of the browser to one command."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        session = {"sessionId": self._session} if self._session else {}
        self._out.write(json.dumps({**asked, **session}).encode() + b"\0")
        while (told := self._told()).get("id") != self._number:
            self._note(told)
        assert "error" not in told, told
        return told["result"]

    def open(self, file: Path) -> None:
        """Show a file, until all of it is loaded and drawn."""
        self._asked.clear()
        self.complaints.clear()
        self("Page.navigate", url=file.as_uri())
        while (told := self._told()).get("method") != "Page.loadEventFired":
            self._note(told)

    @property
    def requests(self) -> list[str]:
        """What was asked for of anybody, and not stopped by the page's own policy."""
        return [url for url in self._asked.values() if not url.startswith("data:")]

    def run(self, script: str) -> Any:
        """The value of an expression in the page, of a promise once it is kept."""
        done = self("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def press(self, key: str) -> None:
        """Press and let go a key by its name, or type one character."""
        code, text = _KEYS.get(key, (0, key))
        pressed = {"key": " " if key == "Space" else key, "windowsVirtualKeyCode": code}
        self("Input.dispatchKeyEvent", type="keyDown", text=text, **pressed)
        self("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def look(self, *, dark: bool = False, width: int = 1280, height: int = 900) -> None:
        """The screen that the page is shown on."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self("Emulation.setEmulatedMedia", features=[scheme])
        sizes = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self("Emulation.setDeviceMetricsOverride", **sizes)

    def picture(self, *, whole: bool = False) -> bytes:
        """What is seen, as PNG; of a whole page all of it."""
        return b64decode(self("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def printed(self) -> bytes:
        """The page on paper, as PDF."""
        return b64decode(self("Page.printToPDF", preferCSSPageSize=True)["data"])

    def _told(self) -> dict[str, Any]:
        line = bytearray()
        while (byte := self._in.read(1)) != b"\0":
            assert byte, "the browser is gone"
            line += byte
        told: dict[str, Any] = json.loads(line)
        return told

    def _note(self, told: dict[str, Any]) -> None:
        match told.get("method"), told.get("params", {}):
            case "Network.requestWillBeSent", {"requestId": number, "request": {"url": url}}:
                self._asked[number] = url
            case "Network.loadingFailed", {"requestId": number, "blockedReason": "csp"}:
                self._asked.pop(number, None)
            case "Log.entryAdded", {"entry": {"text": text}}:
                self.complaints.append(text)
            case "Runtime.exceptionThrown", {"exceptionDetails": details}:
                self.complaints.append(str(details))


@contextmanager
def chromium(profile: Path) -> Iterator[Tab]:
    """A browser of its own, with an empty profile; it ends with the context."""
    assert FOUND is not None
    child_in, given = os.pipe()
    taken, child_out = os.pipe()
    program = f'exec "$0" "$@" 3<&{child_in} 4>&{child_out}'
    command = ["bash", "-c", program, FOUND, f"--user-data-dir={profile}", *_ARGUMENTS]
    with subprocess.Popen(
        command, pass_fds=(child_in, child_out), stderr=subprocess.DEVNULL
    ) as process:
        os.close(child_in)
        os.close(child_out)
        try:
            with os.fdopen(given, "wb", buffering=0) as sends, os.fdopen(taken, "rb") as tells:
                yield Tab(sends, tells)
        finally:
            process.terminate()
