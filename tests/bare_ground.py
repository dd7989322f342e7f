"""A first run on bare ground: python tests/bare_ground.py [options] [arguments for pytest]

Clones the current commit into an empty folder and goes a stranger's way there, with an empty home
and without $MNIST_DIR and its like: `make lab` until JupyterLab answers, the pad's notebook, a
digit drawn in Chromium, `make test`. Prints what this first run costs. Needs git, make and Python's
standard library. `--python` names the Python to install with, `--lab-only` ends once JupyterLab
answers, `--starts` draws a digit after each of so many starts.

pip may use the network, or whatever index the machine is set to. The notebook may not: it runs with
its proxies set to a port where nobody listens. Python's downloads heed them, it takes no rights to
set them, and Jupyter's own talk, within the machine, does not go through them. That MNIST did not
come in, and generated digits stand in for it, is checked. The tests then find it as anywhere else.
"""

import argparse
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = "notebooks/05_draw_and_predict.ipynb"
KEPT = r"PATH|LANG|LC_ALL|TMPDIR|PYTHON|OMP_NUM_THREADS|PIP_.*|.*_proxy|SSL_CERT_.*|.*_CA_BUNDLE"
FOR_TESTS = ("MNIST_DIR", "HANDWRITING_DIR", "FASHION_MNIST_DIR", "CIFAR10_DIR", "CI")
NOBODY = "http://127.0.0.1:9"
OFFLINE = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), NOBODY) | {
    "no_proxy": "localhost,127.0.0.1"
}
PATIENCE = 1200  # seconds at most until JupyterLab answers, pip's downloads included


def main() -> None:
    parser = argparse.ArgumentParser(description="A first run on bare ground.")
    parser.add_argument("--python", default="", help="the Python to install with")
    parser.add_argument("--starts", default="1", help="how often to draw the first digit")
    parser.add_argument("--lab-only", action="store_true")
    options, for_pytest = parser.parse_known_args()
    chosen = [f"PYTHON={options.python}"] if options.python else []
    with tempfile.TemporaryDirectory(prefix="bare-ground-") as folder:
        ground = Path(folder).resolve()
        lab = ground / "digit-lab"
        subprocess.run(["git", "clone", "--quiet", ROOT, lab], check=True)
        environment = bare_environment(ground)

        def make(*arguments: str, **more: str) -> None:
            command = ["make", *chosen, *arguments]
            if subprocess.run(command, cwd=lab, env=environment | more).returncode:
                sys.exit(f"{shlex.join(command)} failed.")

        name = "make lab, until JupyterLab answers"
        with step(name), running_lab(lab, environment, *chosen) as address:
            if not serves_its_page(address):
                sys.exit(f"No JupyterLab answers at {address}.")
        print(cost(lab, ground), flush=True)
        if options.lab_only:
            return
        with step("the pad's notebook, without MNIST and without a network"):
            make("run", f"NOTEBOOKS={NOTEBOOK}", **OFFLINE)
            digits = offered_digits(lab, environment | OFFLINE)
            if digits != "generated":  # MNIST, if the network was not off after all
                sys.exit(f"load_mnist() gave {digits or 'nothing'}, not generated digits.")
        subprocess.run(["git", "checkout", "--quiet", "notebooks"], cwd=lab, check=True)
        with step("installing the test tools"):
            make(".venv/test.stamp")
        print(cost(lab, ground), flush=True)
        python = lab / ".venv" / "bin" / "python"
        print(subprocess.run([python, "--version"], capture_output=True, text=True).stdout.strip())
        with step("the first digit, drawn in Chromium"):
            command = [python, "tests/first_digit.py", "--starts", options.starts]
            if subprocess.run(command, cwd=lab, env=environment).returncode:
                sys.exit("No digit was read.")
        with step("make test"):
            given = {name: os.environ[name] for name in FOR_TESTS if name in os.environ}
            make("test", f"ARGS={shlex.join(for_pytest)}", **given)


def bare_environment(ground: Path) -> dict[str, str]:
    """An environment with an empty home, with what pip needs to reach its index as before."""
    kept = {k: v for k, v in os.environ.items() if re.fullmatch(KEPT, k, re.IGNORECASE)}
    kept.pop("PIP_CACHE_DIR", None)  # a stranger's cache is empty
    for settings in (".config/pip/pip.conf", ".pip/pip.conf"):
        if (Path.home() / settings).is_file():
            kept.setdefault("PIP_CONFIG_FILE", str(Path.home() / settings))
    (ground / "home").mkdir()
    return kept | {
        "HOME": str(ground / "home"),
        "PIP_LOG": str(ground / "pip.log"),
    }


@contextmanager
def running_lab(folder: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[str]:
    """`make lab` in a folder; gives the address that it tells its user to open, then ends it."""
    options = "--no-browser --expose-app-in-browser"  # the page can be asked for its state
    options += " --allow-root" if os.geteuid() == 0 else ""
    command = ["make", *arguments, "lab", f"ARGS={options}"]
    deadline = time.monotonic() + PATIENCE
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            while not (found := re.search(r"http://localhost:\S+", Path(log.name).read_text())):
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"The lab did not start:\n{Path(log.name).read_text()[-3000:]}")
                time.sleep(0.1)
            yield found[0]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def serves_its_page(address: str) -> bool:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address) as answer:
        return b"jupyter-config-data" in answer.read()


def offered_digits(lab: Path, environment: dict[str, str]) -> str:
    """Where `load_mnist` finds digits: its `source`."""
    script = "from helpers.data import load_mnist; print(load_mnist().source)"
    command = [str(lab / ".venv" / "bin" / "python"), "-c", script]
    result = subprocess.run(command, cwd=lab, env=environment, stdout=subprocess.PIPE, text=True)
    return result.stdout.strip().rpartition("\n")[2]


def cost(lab: Path, ground: Path) -> str:
    """What is installed by now, and what pip's log says that it fetched for it."""
    log = (ground / "pip.log").read_text()
    downloads = sum(map(int, re.findall(r'"GET \S+ HTTP/[\d.]+" 20\d (\d+)', log))) / 1e6
    on_disk = sum(megabytes(Path(name)) for name in set(re.findall(r"Processing (/\S+\.whl)", log)))
    text = f"{megabytes(lab / '.venv'):8.0f} MB installed by now, {downloads:.0f} MB downloaded"
    return text + (f", {on_disk:.0f} MB from wheels on this machine" if on_disk else "")


@contextmanager
def step(name: str) -> Iterator[None]:
    print(f"· {name} …", flush=True)
    start = time.monotonic()
    yield
    print(f"{time.monotonic() - start:8.0f} s  {name}", flush=True)


def megabytes(path: Path) -> float:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.lstat().st_size for file in files) / 1e6


if __name__ == "__main__":
    main()
