"""The rules of the house that a machine can check."""

import hashlib
import re
import subprocess
import sys
from importlib.metadata import distributions

import nbformat
import pytest
from packaging.specifiers import SpecifierSet

from helpers import ROOT
from helpers.page import save_page


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_what_the_texts_link_to_is_there():
    links = []
    for path in [*ROOT.glob("*.md"), *ROOT.glob("*/*.md")]:
        found = re.findall(r"""\]\(([^)]+)\)|src="([^"]+)\"""", path.read_text())
        targets = [target for pair in found for target in pair if target]
        links += [path.parent / t.split("#")[0] for t in targets if "://" not in t]
    assert len(links) > 20
    assert [str(link) for link in links if not link.exists()] == []


def test_the_index_of_ideas_leads_to_headings():
    """Written as JupyterLab and nbconvert name them: a hyphen for each blank, nothing else."""
    folder = ROOT / "notebooks"
    headings: dict[str, set[str]] = {}
    for path in folder.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        headings[path.name] = {heading.strip().replace(" ", "-") for heading in found}
    index = (folder / "README.md").read_text().split("## The index of ideas")[1]
    links = re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", index)
    assert {name for name, _ in links} == set(headings), "each notebook explains something"
    lost = [f"{n}#{a}" for n, a in links if a and a not in headings[n]]
    assert lost == []


def test_the_version_is_the_same_wherever_it_stands():
    found = [
        re.search(pattern, (ROOT / name).read_text(), re.MULTILINE).groups()
        for name, pattern in (
            ("CHANGELOG.md", r"^## ([\d.]+) \(([\d-]+)\)$"),
            ("CITATION.cff", r"^version: (.+)\ndate-released: (.+)$"),
        )
    ]
    assert found[0] == found[1]
    assert f'version = "{found[0][0]}"' in (ROOT / "pyproject.toml").read_text()


def test_the_card_is_of_the_weights_that_ship():
    card = (ROOT / "models" / "README.md").read_text()
    files = [*(ROOT / "models").glob("*.safetensors"), *(ROOT / "models").glob("*.json")]
    assert len(files) == 3
    for path in files:
        (line,) = (line for line in card.splitlines() if f"]({path.name})" in line)
        assert hashlib.sha256(path.read_bytes()).hexdigest()[:12] in line


def test_the_page_is_of_the_weights_and_the_scripts_of_today(tmp_path):
    """`make page` renews it. The generator's directions may differ in their last digits."""

    def parts(page: str) -> list[str]:
        return re.split(r'"directions":[-\[\]\d.,]+,', page)

    kept = parts((ROOT / "docs" / "index.html").read_text())
    assert len(kept) == 2
    assert kept == parts(save_page(tmp_path / "index.html").read_text()), "make page"


@pytest.mark.slow
def test_conda_users_get_what_was_tested():
    text = (ROOT / "environment.yml").read_text()
    python = re.search(r"- python=(\d+\.\d+)", text).group(1)
    if not sys.version.startswith(python + "."):
        pytest.skip(f"conda users have Python {python}")
    lines = re.findall(r"^      - (.+)$", text, flags=re.MULTILINE)
    assert "-r requirements.txt" in lines
    arguments = " ".join(lines).split()
    result = run(sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", *arguments)
    assert result.returncode == 0, result.stderr


def test_every_requirement_is_pinned_and_says_who_needs_it():
    requirements = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    pinned = {name.lower().replace("_", "-") for name in pinned}
    sizes = (ROOT / "benchmarks" / "install_size.md").read_text()
    for line in requirements:
        if line.startswith("#"):
            continue
        name, reason = re.fullmatch(r"([\w-]+)\S*\s+# (.+)", line).groups()
        assert name.lower().replace("_", "-") in pinned
        assert re.match(r"all\b|0\d\b", reason) and f"| {reason} |" in sizes


def test_every_pinned_version_takes_the_oldest_python():
    """That of Debian 12, whatever Python `make constraints` was run with."""
    pins = set((ROOT / "constraints.txt").read_text().splitlines())
    checked = 0
    for package in distributions():
        if f"{package.name}=={package.version.split('+')[0]}" in pins:
            assert "3.11.2" in SpecifierSet(package.metadata["Requires-Python"] or ""), package.name
            checked += 1
    assert checked > 100


def test_the_code_is_linted_and_formatted():
    for command in (["check"], ["format", "--check"]):
        result = run(sys.executable, "-m", "ruff", *command, ".")
        assert result.returncode == 0, result.stdout


@pytest.mark.slow  # a minute when nothing is cached
def test_the_types_agree():
    result = run(sys.executable, "-m", "mypy")
    assert result.returncode == 0, result.stdout


def test_make_fresh_puts_the_lessons_back_and_keeps_the_readers_own(tmp_path):
    lesson = "notebooks/01_explore_mnist.ipynb"
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    for name in ("Makefile", lesson):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["add", "."], [*identity, "commit", "--quiet", "-m", "as it came"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    assert (
        "as they came."
        in subprocess.run(["make", "fresh"], cwd=tmp_path, capture_output=True, text=True).stdout
    )
    (tmp_path / lesson).write_text("what a reader made of it")
    subprocess.run(["make", "fresh"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / lesson).read_bytes() == (ROOT / lesson).read_bytes()
    (kept,) = (tmp_path / "runs" / "lessons").glob("*/01_explore_mnist.ipynb")
    assert kept.read_text() == "what a reader made of it"
