"""The pad as one HTML file that opens anywhere: template, looks, scripts and networks in one."""

import json
import re
from pathlib import Path

from .. import ROOT
from ..cnn import DigitCNN
from ..data.allographs import form_strokes
from ..data.forms import FORMS
from ..files import write_atomically
from ..gan import Generator
from ..mlp import MLP
from .weights import pack_cnn, pack_generator, pack_mlp

HERE, MODELS = Path(__file__).parent, ROOT / "models"
SCRIPTS = (  # each imports from those before it alone
    *("arrays", "raster", "cnn", "mlp", "generator", "pixels", "pad", "reading", "kept"),
    *("receptive", "inside", "writing", "game", "main"),
)
EXAMPLES = 3  # forms of each digit that the page can write by itself


def save_page(
    path: str | Path,
    *,
    cnn: DigitCNN | None = None,
    mlp: MLP | None = None,
    generator: Generator | None = None,
) -> Path:
    """Write the pad as one HTML file, with these networks or those that ship; return the path.

    It opens by a double click, on a phone too, and asks no server for anything. Raises LabError for
    other networks, weights with NaN, more than 2,000,000 of them, and a disk that is full.
    """
    networks = {
        "cnn": pack_cnn(DigitCNN.load(MODELS / "cnn.safetensors") if cnn is None else cnn),
        "mlp": pack_mlp(MLP.load(MODELS / "mlp.json") if mlp is None else mlp),
        "generator": pack_generator(
            Generator.load(MODELS / "dcgan.safetensors") if generator is None else generator
        ),
        "examples": [examples(digit) for digit in range(10)],
    }
    parts = {
        "STYLE": (HERE / "page.css").read_text(),
        "NETWORKS": json.dumps(networks, separators=(",", ":")),
        "SCRIPT": "".join(script(HERE / f"{name}.js") for name in SCRIPTS),
    }
    page = (HERE / "template.html").read_text()
    return write_atomically(path, re.sub(r"/\*(\w+)\*/", lambda match: parts[match[1]], page))


def script(path: Path) -> str:
    """A module without its imports and exports: in the page all of them are one."""
    code = re.sub(r"^import [^;]*;\n", "", path.read_text(), flags=re.MULTILINE)
    return f"// ---- {path.name}\n" + re.sub(r"^export ", "", code, flags=re.MULTILINE)


def examples(digit: int) -> list[list[list[list[float]]]]:
    """The most usual ways to write a digit: strokes of [x, y] on the pad, 640 pixels a side."""
    usual = sorted(FORMS[digit], key=lambda form: -form[0])[:EXAMPLES]
    return [
        [(4.4 * stroke + (188, 102)).round().tolist() for stroke in form_strokes(text)]
        for _, text in usual
    ]
