"""From `make lab` to the first digit that is read: python tests/first_digit.py [--starts 10]

Starts the lab as a newcomer does, opens the page that it names in Chromium, does what the first
line of the notebook says, draws a 7 and waits until it is read. Prints the seconds and the actions
of each start. Wants the test tools (`make .venv/test.stamp`) and Chromium.
"""

import argparse
import os
import sys
import time

import numpy as np
from bare_ground import ROOT, running_lab
from lab_page import (
    KERNEL_IS_READY,
    draw,
    find_browser,
    open_browser,
    result,
    wait_for_pad,
)

SEVEN = [np.array([[25, 14], [50, 14], [76, 14], [64, 40], [52, 65], [42, 90]])]


def first_digit(browser) -> tuple[float, int]:
    """The seconds and the actions from `make lab` to a digit that was drawn and read."""
    start, actions = time.monotonic(), 0
    with running_lab(ROOT, os.environ) as address:
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
