"""Nothing but a whole safetensors file is taken for one."""

import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from gpu_runtime.safetensors_file import read_header
from tests.weights.conftest import safetensors
from vibeboard.faults import Rejected


def entry(begin, end, shape=None, dtype="U8"):
    return {"dtype": dtype, "shape": [end - begin] if shape is None else shape, "data_offsets": [begin, end]}


def test_a_header_says_where_each_tensor_lies(tmp_path):
    path = tmp_path / "it.safetensors"
    tensors = {"a": torch.arange(6, dtype=torch.int16).reshape(2, 3), "b": torch.tensor(1.5), "c": torch.zeros(0, 4)}
    save_file(tensors, path, {"format": "pt"})
    spans = read_header(path)
    assert spans.keys() == tensors.keys()
    data = path.read_bytes()
    for name, tensor in tensors.items():
        assert spans[name].shape == tuple(tensor.shape)
        assert data[spans[name].begin : spans[name].end] == tensor.numpy().tobytes()


BAD = {
    "a pickle": pickle.dumps({"weight": [1.0] * 100}),
    "an empty file": b"",
    "a header longer than the file": safetensors({"a": entry(0, 4)}, bytes(4), length=1 << 40),
    "a header too long for any model": safetensors(b"{}", length=200_000_000),
    "no JSON": safetensors(b"not json at all", bytes(4)),
    "a list": safetensors([1, 2], bytes(4)),
    "deep nesting": safetensors(b"[" * 100_000),
    "bytes that are no text": safetensors(b"\xff\xfe{}"),
    "a tensor beyond the end": safetensors({"a": entry(0, 8)}, bytes(4)),
    "bytes after the last tensor": safetensors({"a": entry(0, 4)}, bytes(9)),
    "an overlap": safetensors({"a": entry(0, 4), "b": entry(2, 6)}, bytes(6)),
    "a gap": safetensors({"a": entry(0, 2), "b": entry(4, 6)}, bytes(6)),
    "an end before the begin": safetensors({"a": entry(4, 0, [0])}, bytes(4)),
    "a negative offset": safetensors({"a": {"dtype": "U8", "shape": [4], "data_offsets": [-4, 0]}}, b""),
    "a negative shape": safetensors({"a": entry(0, 4, [-2, -2])}, bytes(4)),
    "a shape that is no number": safetensors({"a": entry(0, 4, [True, 4])}, bytes(4)),
    "a size that is not the shape's": safetensors({"a": entry(0, 4, [2], "F32")}, bytes(4)),
    "an unknown type": safetensors({"a": entry(0, 4, [1], "OBJECT")}, bytes(4)),
    "a name that comes twice": safetensors(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":null}', b"x"),
    "an entry without a shape": safetensors({"a": {"dtype": "U8", "data_offsets": [0, 1]}}, b"x"),
}


@pytest.mark.parametrize("name", BAD)
def test_anything_else_is_refused(name, tmp_path):
    path = tmp_path / "it.safetensors"
    path.write_bytes(BAD[name])
    with pytest.raises(Rejected, match="is not a whole safetensors file") as raised:
        read_header(path)
    assert raised.value.fault.code == "not_safetensors"


@given(data=st.data())
def test_a_file_with_any_byte_changed_or_cut_off_is_read_in_bounds_or_refused(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / "it.safetensors"
    whole = bytearray(safetensors({"a": entry(0, 4), "b": entry(4, 12, [2], "F32")}, bytes(12)))
    position = data.draw(st.integers(0, len(whole) - 1))
    whole[position] = data.draw(st.integers(0, 255))
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        spans = read_header(path)
    except Rejected:
        return
    assert all(0 <= span.begin <= span.end <= path.stat().st_size for span in spans.values())
