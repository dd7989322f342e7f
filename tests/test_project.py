"""The rules of the house that a machine can check."""

import ast
import re
import subprocess
import sys
from collections import Counter

import nbformat
import pytest
from run_notebooks import syntax_of

from helpers import ROOT


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def defined_names(source: str) -> list[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return [node.name for node in syntax_of(source).body if isinstance(node, kinds)]


def test_no_name_is_defined_twice():
    sources = [path.read_text() for path in (ROOT / "helpers").rglob("*.py")]
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        sources.append("\n".join(c.source for c in cells if c.cell_type == "code"))
    names = Counter(name for source in sources for name in defined_names(source))
    assert len(names) > 20
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("helpers", "numpy matplotlib torch"),
        ("helpers.data", "matplotlib torch"),  # digits from the cache need no torch
        ("helpers.pad", "matplotlib torch"),  # nor does the pad
        ("helpers.plots", "torch"),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(module, heavy):
    code = f"import sys, {module}; print(set({heavy.split()}) & set(sys.modules))"
    assert run(sys.executable, "-c", code).stdout.strip() == "set()"


def test_what_the_texts_link_to_is_there():
    links = []
    for path in [*ROOT.glob("*.md"), *ROOT.glob("*/*.md")]:
        found = re.findall(r"""\]\(([^)]+)\)|src="([^"]+)\"""", path.read_text())
        targets = [target for pair in found for target in pair if target]
        links += [path.parent / t.split("#")[0] for t in targets if "://" not in t]
    assert len(links) > 20
    assert [str(link) for link in links if not link.exists()] == []


@pytest.mark.slow
def test_conda_users_get_what_was_tested():
    text = (ROOT / "environment.yml").read_text()
    python = re.search(r"- python=(\d+\.\d+)", text).group(1)
    assert sys.version.startswith(python + ".")
    lines = re.findall(r"^      - (.+)$", text, flags=re.MULTILINE)
    assert "-r requirements.txt" in lines
    arguments = " ".join(lines).split()
    result = run(sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", *arguments)
    assert result.returncode == 0, result.stderr


def test_every_requirement_is_pinned_and_says_who_needs_it():
    requirements = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    pinned = {name.lower().replace("_", "-") for name in pinned}
    for line in requirements:
        if line.startswith("#"):
            continue
        name, reason = re.fullmatch(r"([\w-]+)\S*\s+# (.+)", line).groups()
        assert name.lower().replace("_", "-") in pinned
        assert re.match(r"all\b|0\d\b", reason)


def test_the_code_is_linted_and_formatted():
    for command in (["check"], ["format", "--check"]):
        result = run(sys.executable, "-m", "ruff", *command, ".")
        assert result.returncode == 0, result.stdout


@pytest.mark.slow  # a minute when nothing is cached
def test_the_types_of_helpers_agree():
    result = run(sys.executable, "-m", "mypy")
    assert result.returncode == 0, result.stdout
