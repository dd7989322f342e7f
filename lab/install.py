"""Install the lab into .venv: `make` calls this with the Python that it found.

    python lab/install.py [test | bench]

uv does it where it is there, else pip. On Linux PyTorch's ordinary wheels bring gigabytes of CUDA
libraries along: without an NVIDIA GPU the wheels for the CPU are taken instead, from the index that
pytorch.org's "Get started" page names. The environment variable TORCH decides otherwise: cpu, cuda,
or default, which is whatever the package index gives.
"""

import argparse
import os
import shutil
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SITE = "pytorch.org"
CPU_WHEELS = os.environ.get("TORCH_CPU_INDEX", f"https://download.{SITE}/whl/cpu")
SECONDS = 3  # within which that index must answer


def main() -> None:
    parser = argparse.ArgumentParser(description="Install the lab into .venv.")
    parser.add_argument("extra", nargs="?", choices=["test", "bench"], help="with its tools, too")
    extra = parser.parse_args().extra
    uv = shutil.which("uv")
    if not PYTHON.exists():
        print(f"Installing the lab into .venv, once: {'a minute' if uv else 'some minutes'}.")
        ours = sys.executable
        run(*([uv, "venv", "--seed", "--python", ours] if uv else [ours, "-m", "venv"]), VENV)
    wanted = ["-r", "requirements.txt", "-c", "constraints.txt"]
    wanted += ["-e", f".[{','.join(filter(None, ['sweep', extra]))}]", *cpu_index()]
    if uv:
        fast = [uv, "pip", "install", "--python", str(PYTHON)]
        fast += ["--index-strategy", "unsafe-best-match"]
        if run(*fast, *wanted, check=False):
            return
        print("uv could not install it: pip tries.")
    run(PYTHON, "-m", "pip", "install", *wanted)


def cpu_index() -> list[str]:
    """The options that make pip and uv take PyTorch's wheels for the CPU, if they are wanted."""
    torch = os.environ.get("TORCH", "")
    if torch in ("cuda", "default") or sys.platform != "linux":
        return []
    if torch != "cpu" and shutil.which("nvidia-smi"):
        return []
    if not answers(CPU_WHEELS + "/torch/"):
        print(f"PyTorch's index of CPU wheels does not answer within {SECONDS} seconds:", end=" ")
        print("taking what the package index gives.")
        return []
    why = "As TORCH says" if torch else "No NVIDIA GPU is here"
    print(f"{why}: taking PyTorch's wheels for the CPU (TORCH=cuda takes the others).")
    return ["--extra-index-url", CPU_WHEELS]


def answers(address: str) -> bool:
    """Whether something is served there within some seconds, the look-up of its name included."""
    served = threading.Event()

    def ask() -> None:
        try:
            with urllib.request.urlopen(address, timeout=SECONDS):
                served.set()
        except OSError:
            pass

    threading.Thread(target=ask, daemon=True).start()
    return served.wait(SECONDS)


def run(*command: str | Path, check: bool = True) -> bool:
    """Run a command in the project's folder; whether it succeeded. Ends the program if it must."""
    code = subprocess.run([str(part) for part in command], cwd=ROOT).returncode
    if code and check:
        sys.exit("The installation failed (see above): mend it, or `make clean`, and try again.")
    return code == 0


if __name__ == "__main__":
    main()
