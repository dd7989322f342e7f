"""A page in Firefox, which speaks WebDriver BiDi by itself: no driver is needed."""

import contextlib
import itertools
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import websocket
from needed import miss


class FirefoxPage:
    """As much of Playwright's page as `in_the_page` needs."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, suppress_origin=True, timeout=120)
        self._numbers = itertools.count()
        self.ask("session.new", capabilities={})
        self._tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **parameters: object) -> Any:
        """The result of one of the protocol's commands."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv())).get("id") != number:
            pass  # an event
        assert answer["type"] == "success", answer
        return answer["result"]

    def goto(self, address: str) -> None:
        self.ask("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def evaluate(self, function: str, argument: str) -> str:
        said = self.ask(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[{"type": "string", "value": argument}],
            target={"context": self._tab},
            awaitPromise=False,
        )
        assert said["type"] == "success", said
        return said["result"]["value"]

    def close(self) -> None:
        self._socket.close()


@contextlib.contextmanager
def firefox_page(path: Path) -> Iterator[FirefoxPage]:
    """The page at `path` in a Firefox of its own."""
    program = shutil.which("firefox") or shutil.which("firefox-esr") or miss("Firefox")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, "--headless", "--no-remote", "--profile", profile]
        command += ["--remote-debugging-port", "0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as firefox:
            try:
                said = (line.split() for line in firefox.stderr or () if "BiDi listening" in line)
                with contextlib.closing(FirefoxPage(next(said)[-1] + "/session")) as page:
                    page.goto(path.as_uri())
                    yield page
            finally:
                firefox.kill()
