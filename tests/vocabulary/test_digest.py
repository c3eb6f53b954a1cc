"""One name for the same work, another for any other."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.engine import registry
from tools.speak_line import SpeakLineParams
from vibeboard.digest import canonical, content_key, derive_seed, sha256, sha256_file
from vibeboard.shot import Voice
from vibeboard.timing import Rate

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(value=st.dictionaries(st.text(), json_values, max_size=5))
def test_the_order_of_keys_makes_no_difference(value):
    turned = dict(reversed(list(value.items())))
    assert canonical(value) == canonical(turned)


@given(a=json_values, b=json_values)
def test_different_parameters_have_different_names(a, b):
    same = canonical(a) == canonical(b)
    assert (content_key("t", "e", "1", {"x": a}) == content_key("t", "e", "1", {"x": b})) == same


def test_every_part_of_the_question_is_in_the_name():
    base = ("task", "engine", "1", {"seed": 1}, ["in"])
    others = [
        ("other", *base[1:]),
        (base[0], "other", *base[2:]),
        (*base[:2], "2", *base[3:]),
        (*base[:3], {"seed": 2}, base[4]),
        (*base[:4], ["out"]),
        (*base[:4], ["in", "in"]),
    ]
    names = {content_key(*question) for question in [base, *others]}
    assert len(names) == 7


def test_nothing_that_is_not_a_number_gets_a_name():
    with pytest.raises(ValueError, match="JSON"):
        canonical({"x": float("nan")})


def test_a_seed_is_the_same_in_every_process_and_fits_31_bits():
    code = "from vibeboard.digest import derive_seed; print(derive_seed('place', 'DINER'))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(told) == derive_seed("place", "DINER")
    assert 0 <= derive_seed("place", "DINER") < 2**31
    assert derive_seed("ab", "c") != derive_seed("a", "bc")


def test_a_file_has_the_digest_of_its_bytes(tmp_path):
    data = bytes(range(256)) * 10_000
    (tmp_path / "f").write_bytes(data)
    assert sha256_file(tmp_path / "f") == sha256(data)


def test_what_an_engine_ignores_does_not_rename_its_results():
    previs = registry()["previs"]
    assert "prompt" in previs.ignores
    params = SpeakLineParams(text="Hi.", speaker="ANN", voice=Voice.ON, frames=24, fps=Rate(num=24))
    tone = registry()["tone"]
    assert tone.key(params) != tone.key(params.model_copy(update={"text": "Ho."}))
    assert set(tone.read_by_me(params)) == set(SpeakLineParams.model_fields)
