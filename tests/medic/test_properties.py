"""What holds for any arguments: nothing raises, it ends, what is valid stays, what is protected keeps its meaning."""

from __future__ import annotations

import asyncio
import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.medic import MAX_REPAIRS, Action, Edit, consult, decide
from benchmarks.medic_calls import CALLS, good
from gpu_runtime.engine import best
from gpu_runtime.executor import validation_fault
from tools.declare import meta, registry
from vibeboard.faults import Fault, FaultKind

ANY = Fault(kind=FaultKind.REPAIRABLE, code="invalid_params", message="wrong")
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["5s", "6ft", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
tools = st.sampled_from(sorted(CALLS))


def fault_of(tool: str, args: object) -> Fault | None:
    try:
        registry()[tool].params.model_validate(args)
    except ValidationError as error:
        return validation_fault(error)
    return None


@given(tool=tools, args=st.dictionaries(st.text(max_size=10), values, max_size=5) | st.text(max_size=60))
def test_it_never_raises_and_what_it_repairs_is_valid(tool, args):
    decision = decide(ANY, args, registry()[tool], best(tool), 1)
    if decision.action is Action.REPAIR:
        assert fault_of(tool, decision.args) is None


@given(tool=tools, seed=st.integers(0, 999), attempt=st.integers(1, 9))
def test_valid_arguments_are_left_alone(tool, seed, attempt):
    args = good(tool, Random(seed))
    decision = decide(ANY, args, registry()[tool], best(tool), attempt)
    assert (decision.action, decision.args, decision.changes) == (Action.STOP, args, ())


@given(tool=tools, seed=st.integers(0, 99), data=st.data())
def test_one_spoilt_argument_never_changes_another_and_a_repair_is_stable(tool, seed, data):
    meant = good(tool, Random(seed))
    name = data.draw(st.sampled_from(sorted(meant)))
    args = {**meant, name: data.draw(values)}
    fault = fault_of(tool, args)
    decision = decide(fault or ANY, args, registry()[tool], best(tool), 1)
    if decision.action is Action.REPAIR:
        near = {name, "width", "height", "frames"}
        assert all(decision.args[other] == value for other, value in meant.items() if other not in near)
        assert decide(ANY, decision.args, registry()[tool], best(tool), 1).action is Action.STOP


@given(tool=tools, seed=st.integers(0, 99), unknown=st.text(min_size=1, max_size=14), value=values)
def test_an_unknown_name_never_costs_a_protected_field_its_value(tool, seed, unknown, value):
    meant = good(tool, Random(seed))
    if unknown in meant:
        return
    decision = decide(ANY, {**meant, unknown: value}, registry()[tool], best(tool), 1)
    fields = registry()[tool].params.model_fields
    for name in (name for name in meant if meta(fields[name]).get("protected")):
        assert decision.args[name] == meant[name]


edits = st.builds(
    Edit,
    path=st.sampled_from(["prompt", "frames", "camera.f_number", "seed", "nowhere", "stage.figures.0.name", ""]),
    value=st.integers() | st.text(max_size=6) | st.none() | st.lists(st.integers(), max_size=2),
    moved_from=st.sampled_from(["", "length", "prompt", "camera", "odd", "odd.er"]),
)


@given(answer=st.lists(edits, max_size=4), spoilt=st.sampled_from(["frames", "odd", "seed", "camera"]), value=values)
def test_no_diff_of_any_fixer_touches_what_the_person_asked_for(answer, spoilt, value):
    class Fixer:
        def propose(self, _question):
            return answer

    meant = good("generate_shot", Random(3))
    args = {**meant, spoilt: value}
    tool, fault = registry()["generate_shot"], fault_of("generate_shot", args)
    decision = asyncio.run(consult(fault or ANY, args, tool, best(tool.name), 1, fixer=Fixer()))
    if decision.action is Action.REPAIR:
        made = tool.params.model_validate(decision.args).model_dump(mode="json")
        assert all(made[name] == meant[name] for name in ("prompt", "stage", "seed", "camera") if name != spoilt)


@pytest.mark.parametrize("tool", sorted(CALLS))
def test_it_gives_up_after_as_many_repairs_as_it_is_allowed(tool):
    args = {**good(tool, Random(1)), "frames": "x", "nonsense": 1}
    assert decide(ANY, args, registry()[tool], best(tool), MAX_REPAIRS + 1).action is Action.STOP


@given(tool=tools, seed=st.integers(0, 99))
def test_a_call_as_text_is_the_call(tool, seed):
    meant = good(tool, Random(seed))
    decision = decide(ANY, json.dumps(meant), registry()[tool], best(tool), 1)
    assert (decision.action, decision.args) == (Action.REPAIR, meant)
