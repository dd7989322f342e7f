"""From `make lab` to the first digit that is read: python tests/first_digit.py [--starts 10]

Starts the lab as a newcomer does, opens the page that it names in Chromium, does what the first
line of the notebook says, draws a 7 and waits until it is read. Prints the seconds and the actions
of each start. Wants the test tools (`make .venv/test.stamp`) and Chromium.
"""

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from lab_page import (
    KERNEL_IS_READY,
    draw,
    find_browser,
    open_browser,
    result,
    wait_for_pad,
)

ROOT = Path(__file__).resolve().parent.parent
SEVEN = [np.array([[25, 14], [50, 14], [76, 14], [64, 40], [52, 65], [42, 90]])]
PATIENCE = 120  # seconds at most until the lab answers


@contextlib.contextmanager
def lab() -> Iterator[str]:
    """The lab of `make lab`; gives the address that it tells its user to open."""
    arguments = "--no-browser --expose-app-in-browser"  # its state can then be asked for
    arguments += " --allow-root" if os.geteuid() == 0 else ""
    with tempfile.NamedTemporaryFile() as log:
        command = ["make", "lab", f"ARGS={arguments}"]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while not (found := re.search(r"http://localhost:\S+", Path(log.name).read_text())):
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"The lab did not start:\n{Path(log.name).read_text()[-2000:]}")
                time.sleep(0.1)
            yield found[0]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def first_digit(browser) -> tuple[float, int]:
    """The seconds and the actions from `make lab` to a digit that was drawn and read."""
    start, actions = time.monotonic(), 0
    with lab() as address:
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        page = context.new_page()
        page.goto(address, timeout=60_000)
        page.wait_for_function(KERNEL_IS_READY, timeout=60_000)
        for _ in range(2):  # "Press Shift + Enter twice, and draw"
            page.keyboard.press("Shift+Enter")
            actions += 1
        wait_for_pad(page)
        draw(page, SEVEN)
        read = result(page)["digit"]
        if name := os.environ.get("SCREENSHOT_FIRST"):
            page.screenshot(path=name)
        context.close()
    if read != "7":
        sys.exit(f"A 7 was drawn and {read or 'nothing'} was read.")
    return time.monotonic() - start, actions


def main() -> None:
    parser = argparse.ArgumentParser(description="How far is it from `make lab` to a read digit?")
    parser.add_argument("--starts", type=int, default=1)
    executable = find_browser()
    if not executable:
        sys.exit("No Chromium is installed.")
    with open_browser(executable) as browser:
        for _ in range(parser.parse_args().starts):
            seconds, actions = first_digit(browser)
            print(f"{seconds:8.0f} s and {actions} actions from make lab to a digit that was read")


if __name__ == "__main__":
    main()
