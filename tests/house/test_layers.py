"""The house rules that a reader of the code relies on."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["vibeboard", "tools", "gpu_runtime", "agents", "graphs", "storage", "api"]


@pytest.mark.parametrize("name", PACKAGES)
def test_each_root_package_is_ours(name):
    package = importlib.import_module(name)
    assert Path(package.__file__).is_relative_to(ROOT)


def test_the_orchestrator_never_loads_torch():
    code = (
        "import sys, api.cli, api.worker, graphs.make\n"
        "from tools.declare import registry as tools\n"
        "from gpu_runtime.engine import registry as engines\n"
        "assert tools() and engines()\n"
        "assert not {'torch', 'diffusers', 'transformers'} & set(sys.modules), 'torch is loaded'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_no_file_or_function_has_outgrown_its_room():
    too_long = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            source = path.read_text()
            if source.count("\n") > 500:
                too_long.append(f"{path.name}: {source.count(chr(10))} lines")
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "migrations" not in path.parts:
                    lines = (node.end_lineno or 0) - node.lineno + 1
                    if lines > 70:
                        too_long.append(f"{path.name}:{node.name}: {lines} lines")
    assert not too_long
