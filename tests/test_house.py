"""The house of helpers/: who imports whom, by which door, and where a name lives."""

import ast
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from run_notebooks import syntax_of

from helpers import ROOT

# Who imports whom: a row names rows above it alone, so imports flow one way.
IMPORTS = {
    "__init__": "",
    "files": "",
    "pictures": "",
    "recogniser": "",
    "strokes": "",
    "networks": "files",
    "training_run": "files",
    "panel": "",
    "notebook": "",
    "plots": "",
    "live": "files",
    "import_torchvision": "",
    "data": "files recogniser strokes import_torchvision",
    "mlp": "files recogniser",
    "cnn": "files panel recogniser strokes networks training_run data",
    "gan": "files pictures recogniser networks training_run",
    "pad": "files panel pictures recogniser strokes",
    "page": "files panel data mlp cnn gan pad",
}
HANDED_ON = "helpers.strokes"  # its door is the face of the pad's room
LAZY = ("data", "gan")  # the one that runs back, in a function: digits where MNIST cannot be had
TORCHLESS = ("mlp", "pad")
MODULES = sorted((ROOT / "helpers").rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


def imports_of(path: Path) -> Iterator[tuple[str, bool]]:
    """The full name of all that a module imports, and whether that waits in a function."""
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    waiting = {node for function in functions for node in ast.walk(function)}
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree):
        start: list[str] = []
        if isinstance(node, ast.ImportFrom):
            start = [*package[: len(package) + 1 - node.level]] if node.level else []
            start += [node.module] if node.module else []
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield ".".join([*start, alias.name]), node in waiting


def test_imports_flow_one_way():
    found: dict[str, set[str]] = defaultdict(set)
    for path in MODULES:
        room = path.relative_to(ROOT / "helpers").parts[0].removesuffix(".py")
        for name, waits in imports_of(path):
            package, other = [*name.split("."), ""][:2]
            assert room not in TORCHLESS or package not in ("torch", "torchvision"), path
            inside = package == "helpers" and other in IMPORTS and other != room
            if inside and not (waits and (room, other) == LAZY):
                found[room].add(other)
        found[room] |= set()
    assert len(MODULES) > 40
    assert found == {room: set(others.split()) for room, others in IMPORTS.items()}
    rows = list(IMPORTS)
    for room, others in found.items():
        assert others <= set(rows[: rows.index(room)])


def test_the_map_shows_the_house_as_it_is():
    text = (ROOT / "helpers" / "README.md").read_text()
    rooms = {room for room in IMPORTS if (ROOT / "helpers" / room).is_dir()}
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)", text.split("## Who imports whom")[1], re.M))
    assert drawn == {
        (room, other if other in rooms else "shared")
        for room in rooms
        for other in IMPORTS[room].split()
    }
    named = set(re.findall(r"`(\w+/[\w/.]*)`", text))
    assert [name for name in named if not (ROOT / name).exists()] == []
    for room in IMPORTS:
        assert room == "__init__" or f"`helpers/{room}" in text, f"{room} is not on the map"


def python(code: str) -> str:
    """What a fresh Python prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()


SLOW = "matplotlib optuna tensorboard tensorflow tensorflow_datasets"


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        ("helpers.data", f"torch {SLOW}"),  # digits from the cache need no torch
        ("helpers.mlp", f"torch {SLOW}"),
        ("helpers.pad", f"torch {SLOW}"),
        ("helpers.strokes", f"torch ipycanvas ipywidgets {SLOW}"),  # the data room draws with it
        ("helpers.cnn, helpers.gan", SLOW),
        ("helpers.plots", "torch"),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(modules, heavy):
    code = f"import sys, {modules}; print(set({heavy.split()}) & set(sys.modules))"
    assert python(code) == "set()"


def test_helpers_alone_brings_in_nothing_but_the_standard_library():
    code = "import sys; before = set(sys.modules); import helpers; new = set(sys.modules) - before"
    code += "; print({name.split('.')[0] for name in new} - sys.stdlib_module_names)"
    assert python(code) == "{'helpers'}"


def public_names(path: Path) -> set[str]:
    """What a module offers: its `__all__`, or else what it defines or imports whole."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                return set(ast.literal_eval(node.value))
            case ast.FunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Import():
                names |= {alias.asname or alias.name for alias in node.names}
            case ast.Assign() | ast.AnnAssign():
                names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return names


def code_of(path: Path) -> str:
    """The code of a notebook's cells."""
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def test_notebooks_come_in_by_the_front_doors_and_each_name_has_one():
    doors = {}
    for path in MODULES:  # the faces of the rooms, and the modules beside them
        parts = path.relative_to(ROOT).with_suffix("").parts
        if len(parts) == 2 or parts[2] == "__init__":
            doors[".".join(parts).removesuffix(".__init__")] = public_names(path)
    del doors[HANDED_ON]
    used = 0
    for path in NOTEBOOKS:
        for node in ast.walk(syntax_of(code_of(path))):
            if isinstance(node, ast.Import):
                assert not any(alias.name.startswith("helpers") for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and str(node.module).startswith("helpers"):
                for name in (alias.name for alias in node.names):
                    assert [door for door in doors if name in doors[door]] == [node.module], name
                    used += 1
    assert used > 40


def defined_names(source: str) -> list[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return [node.name for node in syntax_of(source).body if isinstance(node, kinds)]


def test_no_name_is_defined_twice():
    sources = [path.read_text() for path in MODULES] + [code_of(path) for path in NOTEBOOKS]
    names = Counter(name for source in sources for name in defined_names(source))
    assert len(names) > 20
    assert [name for name, times in names.items() if times > 1] == []


def test_no_text_is_executed():
    folders = ("helpers", "lab", "models", "tests", "benchmarks")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert len(paths) > 70
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("exec", "eval", "compile"), f"{path}:{node.lineno}"
