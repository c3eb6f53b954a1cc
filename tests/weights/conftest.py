import json
import struct

import pytest
import torch

from gpu_runtime.catalog.declare import Component, Kind, Licence
from gpu_runtime.weights import Weights
from tests.memory import tiny

OPEN = Licence("Apache-2.0")
DIT = Component("dit", Kind.TRANSFORMER, 130_000, "float32", OPEN, "studio/tiny", "transformer")
TOKENIZER = Component("tokenizer", Kind.TOKENIZER, 0, "", OPEN, "studio/tiny", "tokenizer")


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def repository(tmp_path_factory):
    """A repository in diffusers' layout: a transformer and a tokenizer."""
    folder = tmp_path_factory.mktemp("repository")
    tiny.saved(tiny.transformer(), folder / "transformer")
    (folder / "tokenizer").mkdir()
    (folder / "tokenizer/tokenizer.json").write_text("{}")
    (folder / "tokenizer/spiece.model").write_bytes(b"pieces")
    (folder / "tokenizer/README.md").write_text("not installed")
    return folder


@pytest.fixture
def weights(tmp_path):
    return Weights(tmp_path / "models")


def contents(folder):
    """Every file below a folder and its bytes, without what only this machine knows."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".lock", ".verified"))]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def safetensors(header, data=b"", length=None):
    """The bytes of a file with any header, right or wrong."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data
