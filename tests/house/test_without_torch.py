"""The service needs no torch: everything but `gpu_runtime.models` works without what only rendering needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from gpu_runtime.engine import registry
from gpu_runtime.needs import RENDERING
from tests.build.conftest import SCRIPT, SMALL

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]

WITHOUT = """
import sys
ABSENT = {'torch', 'PIL', 'pillow', 'reportlab', 'opentimelineio', 'diffusers', 'transformers', 'accelerate', 'peft',
          'ftfy', 'huggingface_hub', 'opentelemetry.sdk', 'opentelemetry.exporter'}

class Without:
    '''Finds what another finder does, but for what is not installed in the service.'''
    def __init__(self, finder):
        self._finder = finder
    def find_spec(self, name, path=None, target=None):
        parts = name.split('.')
        absent = ABSENT & {'.'.join(parts[:1]), '.'.join(parts[:2])}
        return None if absent else self._finder.find_spec(name, path, target)
    def find_distributions(self, context):
        find = getattr(self._finder, 'find_distributions', None)
        return iter(()) if find is None or context.name in ABSENT else find(context)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""
IMPORT_ALL = """
import importlib, pkgutil
for root in ('vibeboard', 'tools', 'gpu_runtime', 'agents', 'graphs', 'storage', 'api'):
    package = importlib.import_module(root)
    for module in pkgutil.walk_packages(package.__path__, root + '.'):
        if not module.name.startswith(('gpu_runtime.models', 'storage.migrations.env')):
            importlib.import_module(module.name)
            print(module.name)
"""
KEYS = "from gpu_runtime.engine import registry\nfor e in registry().values(): print(e.name, e.full_revision)"


def without(code: str, *arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT + code, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment, timeout=300)


def vibeboard(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return without("from api.cli import main\nmain()", *arguments, cwd=cwd)


@pytest.fixture
def script(tmp_path) -> Path:
    (tmp_path / "script.fountain").write_text(SCRIPT)
    return tmp_path / "script.fountain"


def test_everything_but_the_models_is_imported_without_torch():
    done = without(IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    assert {"api.cli", "graphs.make", "gpu_runtime.worker", "agents.acceptance"} <= set(done.stdout.split())


def test_what_is_not_there_is_missed_by_who_needs_it():
    done = without("import gpu_runtime.models.previs.engine")
    assert "ModuleNotFoundError" in done.stderr


def test_a_plan_is_made_without_torch(script, tmp_path):
    done = vibeboard("make", script, "-o", tmp_path / "film", "--plan-only", *SMALL, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "film" / "shotlist.csv").is_file()


@pytest.mark.parametrize("command", [("make", "script.fountain"), ("worker", "script-film")])
def test_a_build_without_torch_says_in_one_sentence_what_to_install(script, command):
    done = vibeboard(*command, cwd=script.parent)
    assert done.returncode == 1
    assert "without torch, pillow, reportlab, opentimelineio: pip install" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_service_without_torch_names_results_as_its_workers_do():
    done = without(KEYS)
    named = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    for engine in registry().values():
        if not engine.backbone:
            assert named[engine.name] == engine.full_revision


def test_the_extra_is_what_only_the_models_need_pinned_as_it_is_installed():
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
    asked = dict(requirement.split("==") for requirement in EXTRAS["render"])
    assert sorted(asked) == sorted(RENDERING.values())
    assert asked == {name: pins[name] for name in asked}
    base = {re.split(r"[\[=<>]", requirement)[0] for requirement in PROJECT["dependencies"]}
    assert not base & set(asked)


def test_make_installs_torch_first_and_as_pinned():
    makefile = (ROOT / "Makefile").read_text()
    torch = next(requirement for requirement in EXTRAS["render"] if requirement.startswith("torch"))
    first, _, rest = makefile.partition(f"install {torch} --constraint")
    assert rest
    assert "--editable" not in first
    assert ".[render]" in rest
    assert ".[render,dev,gpu,traces]" in rest
