"""The contract of every declaration: from it come schemas, repairs, forms and docs."""

from __future__ import annotations

import re

import pytest

from gpu_runtime.engine import _named
from gpu_runtime.engine import registry as engines
from tools.declare import meta
from tools.declare import registry as tools


@pytest.mark.parametrize("tool", tools().values(), ids=lambda tool: tool.name)
def test_a_tool_says_what_it_does_and_describes_every_parameter(tool):
    assert tool.summary.endswith(".")
    assert all(info.description for info in tool.params.model_fields.values())
    schema = tool.params.model_json_schema()
    assert schema["additionalProperties"] is False
    assert all("x-vibeboard" in field for field in schema["properties"].values())


def test_the_names_of_parameter_classes_are_unique():
    names = [tool.params.__name__ for tool in tools().values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("tool", tools().values(), ids=lambda tool: tool.name)
def test_synonyms_never_shadow_a_field(tool):
    fields = set(tool.params.model_fields)
    synonyms = [name for info in tool.params.model_fields.values() for name in meta(info).get("synonyms", ())]
    assert len(synonyms) == len(set(synonyms))
    assert not fields & set(synonyms)


def test_every_tool_has_an_engine_that_works_everywhere():
    for task in tools():
        assert any(engine.task == task and not engine.missing() for engine in engines().values()), task


@pytest.mark.parametrize("engine", engines().values(), ids=lambda engine: engine.name)
def test_an_engine_serves_a_known_tool_and_can_be_loaded(engine):
    assert engine.task in tools()
    assert engine.ignores <= set(tools()[engine.task].params.model_fields)
    assert re.fullmatch(r"gpu_runtime\.models\.[\w.]+:\w+", engine.implementation)
    assert callable(engine.load())
    assert not engine.spares or callable(_named(engine.spares))
