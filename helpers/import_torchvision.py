"""Imports torchvision where its compiled operators do not load.

A CUDA build of torchvision beside a CPU build of torch (what pip installs on some Linux machines)
cannot load its operators, and `import torchvision` then dies with "operator torchvision::nms does
not exist" (pytorch/vision issue 9085). Nothing here uses these operators: declaring them is enough.
Import `torchvision` from this module, nowhere else.
"""

from importlib.util import find_spec
from pathlib import Path

import torch


def _operators_load() -> bool:
    spec = find_spec("torchvision")
    for folder in (spec and spec.submodule_search_locations) or []:
        for library in [*Path(folder).glob("_C*.so"), *Path(folder).glob("_C*.pyd")]:
            try:
                torch.ops.load_library(str(library))
            except OSError:
                return False
    return True


if not _operators_load():
    _library = torch.library.Library("torchvision", "DEF")
    for _name in ("nms", "qnms"):
        _library.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import torchvision  # noqa: E402  (the operators must be declared first)

__all__ = ["torchvision"]
