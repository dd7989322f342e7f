"""MNIST as a dataset of TensorFlow Datasets (TFDS), with no TensorFlow and no network.

TFDS's own `mnist` needs TensorFlow to unpack the original files (tensorflow/datasets issue 11058).
This one is fed with arrays that are already here; what it writes, plain TFDS reads.
"""

import contextlib
import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds
from google.protobuf.json_format import ParseError  # type: ignore[import-untyped]
from PIL import Image
from tqdm.auto import tqdm

from .. import ROOT, LabError
from ..files import excerpt, sweep
from ..recogniser import check_digits
from .mnist import Mnist

logging.getLogger("absl").setLevel(logging.ERROR)  # TFDS would recommend OpenCV at the first digit


class MnistBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Writes digits with the features and the splits of TFDS's `mnist` 3.0.1."""

    name = "mnist"
    VERSION = tfds.core.Version("3.0.1")

    def __init__(self, mnist: Mnist, **options: object) -> None:
        self.mnist = mnist
        super().__init__(**options)

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            description=f"Handwritten digits, 28 x 28 pixels. Source: {self.mnist.source}.",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(28, 28, 1)),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, _: object) -> dict[str, Iterator]:
        train_images, train_labels, test_images, test_labels, _ = self.mnist
        return {
            "train": self._generate_examples("train", train_images, train_labels),
            "test": self._generate_examples("test", test_images, test_labels),
        }

    def _generate_examples(
        self, split: str, images: np.ndarray, labels: np.ndarray
    ) -> Iterator[tuple[int, dict]]:
        for i in tqdm(range(len(labels)), desc=f"{split} split to TFDS", leave=False):
            yield i, {"image": Image.fromarray(images[i]), "label": int(labels[i])}


def prepare_mnist(mnist: Mnist, data_dir: str | Path = ROOT / "data" / "tfds") -> MnistBuilder:
    """Write the digits, once, as a TFDS dataset into `data_dir/<source>`; return its builder.

    Then `tfds.data_source("mnist", split="train", data_dir=data_dir / mnist.source)` reads them
    in any order: images uint8 (28, 28, 1), labels 0 to 9. An interrupted preparation is thrown
    away, a complete one is used again, also one that another process completes meanwhile. Raises
    LabError when the folder cannot be written or holds another number of digits.
    """
    _check(mnist)
    folder = Path(data_dir) / mnist.source
    try:
        builder = MnistBuilder(mnist, data_dir=folder)
        if not builder.is_prepared():
            _prepare(builder)
            builder = MnistBuilder(mnist, data_dir=folder)  # as it stands there now
        sizes = {name: split.num_examples for name, split in builder.info.splits.items()}
    except (OSError, RuntimeError) as error:  # array_record reports a full disk as RuntimeError
        reason = getattr(error, "strerror", None) or excerpt(error)
        raise LabError(f"{folder} could not be written: {reason}.") from error
    except (ParseError, ValueError, AssertionError) as error:  # what TFDS says to its own files
        raise LabError(
            f"{folder} is damaged ({excerpt(error)}): delete it and run again."
        ) from error
    if sizes != {"train": len(mnist.train_labels), "test": len(mnist.test_labels)}:
        raise LabError(f"{folder} does not hold these digits: delete it and run again.")
    return builder


def _check(mnist: Mnist) -> None:
    if not isinstance(mnist, Mnist) or not re.fullmatch(r"\w[\w .-]{,39}", str(mnist.source)):
        raise LabError("mnist must be what load_mnist gives, with a source that can name a folder.")
    check_digits(*mnist[:2])
    check_digits(*mnist[2:4])


def _prepare(builder: MnistBuilder) -> None:
    tfds.disable_progress_bar()  # its five bars and its notes name folders: one bar a split is ours
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            # TFDS fills a folder `incomplete.…` and renames it when all is written.
            builder.download_and_prepare(file_format="array_record")
    except OSError:
        if not builder.is_prepared():  # else another process was faster
            raise
    finally:
        tfds.enable_progress_bar()
    sweep(Path(builder.data_path.parent), "incomplete.*")  # of processes that were killed
