"""`vibeboard models` as a person uses it, with the catalog that is shipped and tiny files."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from api import models
from gpu_runtime.catalog.declare import Kind, backbones, components
from gpu_runtime.weights import Weights
from tests.memory import tiny
from tests.wan import tiny as wan
from tests.weights.hub_server import serving
from vibeboard.faults import Rejected

VIBEBOARD = Path(sys.executable).with_name("vibeboard")
VAE = next(item for item in components().values() if item.kind is Kind.VAE and item.dtype == "float32")
SCHEDULER = next(item for item in components().values() if item.kind is Kind.SCHEDULER)
BACKBONE = next(iter(backbones().values()))


@pytest.fixture
def source(tmp_path):
    """A folder in diffusers' layout with a VAE and a scheduler's configuration."""
    tiny.saved(tiny.vae(), tmp_path / "source" / VAE.folder)
    (tmp_path / "source" / SCHEDULER.folder).mkdir(parents=True)
    (tmp_path / "source" / SCHEDULER.folder / "scheduler_config.json").write_text("{}")
    return tmp_path / "source"


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setenv("VIBEBOARD_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("COLUMNS", "200")
    return Weights(tmp_path / "models")


def run(*arguments):
    """What a command says; a fault that it ends in is raised."""
    result = CliRunner().invoke(models.app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def line(text, item):
    return next(row for row in text.splitlines() if row.split()[:1] == [item])


def test_a_narrow_terminal_shows_size_and_licence_too(weights, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = line(run("list"), VAE.id)
    assert VAE.licence.name in shown
    assert f"{VAE.bytes / 1e6:.0f} MB" in shown


def test_each_task_is_shown_with_what_it_stands_on_its_licence_and_whether_it_is_here(weights, tmp_path):
    def here() -> dict[str, str]:
        rows = [row.split() for row in run("tasks").splitlines()]
        return {row[1]: row[-1] for row in rows if row[0] == "generate_shot" and "+" not in row}

    assert set(here().values()) == {"no"}
    wan.install(BACKBONE.id, weights.root)
    assert here()[BACKBONE.id] == "yes"
    shown = run("tasks")
    assert "Apache-2.0" in line(shown, "generate_shot")
    assert "svd-img2vid + learn2refocus" in line(shown, "rack_focus")
    assert line(shown, "rack_focus").split()[-1] == "later"
    assert "not for commercial use" in line(shown, "continuity")


def test_the_list_shows_what_there_is_its_size_and_licence_and_what_is_here(weights, source):
    before = run("list")
    assert {row.split()[0] for row in before.splitlines() if row.split()} >= {*backbones(), *components()}
    assert VAE.licence.name in line(before, VAE.id)
    assert " no " in line(before, VAE.id)
    run("pull", VAE.id, SCHEDULER.id, "--from", source)
    after = run("list")
    assert " yes " in line(after, VAE.id)
    assert "folder" in line(after, VAE.id)
    sharing = next(backbone for backbone in backbones().values() if {VAE, SCHEDULER} <= set(backbone.components))
    assert f"2 of {len(sharing.components)}" in line(after, sharing.id)


def test_pulling_from_a_folder_says_what_was_installed_and_not_twice(weights, source):
    assert f"{VAE.id}: installed" in run("pull", VAE.id, "--from", source)
    assert weights.installed(VAE.id)
    assert f"{VAE.id}: already here" in run("pull", VAE.id)


def test_a_name_that_is_not_known_is_answered_with_names_that_are(weights):
    with pytest.raises(Rejected, match=f"there is no {VAE.id[:-1]}; there are .*{VAE.id}"):
        run("pull", VAE.id[:-1])


def test_weights_that_may_not_be_sold_are_refused_unless_the_settings_allow_them(weights, tmp_path, monkeypatch):
    name = "storymem-high-noise"
    save_file({"a": torch.ones(1)}, tmp_path / "it.safetensors")
    assert "S-Lab License 1.0, not for commercial use" in " ".join(run("list").split())
    with pytest.raises(Rejected, match=r"forbids commercial use; VIBEBOARD_NONCOMMERCIAL=1 allows it for you"):
        run("pull", name, "--from", tmp_path / "it.safetensors")
    assert not weights.installed(name)
    monkeypatch.setenv("VIBEBOARD_NONCOMMERCIAL", "1")
    assert f"{name}: installed" in run("pull", name, "--from", tmp_path / "it.safetensors")


def test_an_adapter_is_pulled_listed_verified_and_removed_as_any_weights(weights, tmp_path):
    name = "wan2.2-i2v-a14b-4step-low-noise"
    file = tmp_path / "it.safetensors"
    save_file({"a": torch.ones(1)}, file)
    assert "739.0 MB" in line(run("list"), name) or "739 MB" in line(run("list"), name)
    run("pull", name, "--from", file)
    assert " yes " in line(run("list"), name)
    assert "every file is as it was installed" in run("verify", name)
    assert "freed" in run("rm", name, "--yes")
    assert " no " in line(run("list"), name)


def test_one_file_is_not_a_whole_backbone(weights, tmp_path):
    save_file({"a": torch.ones(1)}, tmp_path / "it.safetensors")
    with pytest.raises(Rejected, match="is one file: name the one component"):
        run("pull", BACKBONE.id, "--from", tmp_path / "it.safetensors")


def test_verify_says_which_are_right_and_which_file_is_wrong(weights, source):
    run("pull", VAE.id, SCHEDULER.id, "--from", source)
    assert f"{VAE.id}: every file is as it was installed" in run("verify")
    (weights.folder(SCHEDULER.id) / "scheduler_config.json").write_text("{ }")
    with pytest.raises(Rejected, match="has another size"):
        run("verify")
    assert "every file" in run("verify", VAE.id)


def test_removing_asks_or_wants_to_be_told_yes(weights, source):
    run("pull", VAE.id, "--from", source)
    with pytest.raises(Rejected, match="add --yes"):
        run("rm", VAE.id)
    assert weights.installed(VAE.id)
    assert "freed" in run("rm", VAE.id, "--yes")
    assert not weights.installed(VAE.id)
    with pytest.raises(Rejected, match="nothing of it is here"):
        run("rm", VAE.id, "--yes")


def test_removing_a_path_is_not_removing_a_model(weights, source, tmp_path):
    run("pull", VAE.id, "--from", source)
    for name in ("../source", str(source), ".", ".download"):
        with pytest.raises(Rejected, match="nothing of it is here"):
            run("rm", name, "--yes")
    assert source.is_dir()


def process(*arguments, **options):
    command = [VIBEBOARD, "models", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_a_download_is_announced_and_never_begun_unasked(weights, source, tmp_path):
    shutil.copytree(source / VAE.folder, tmp_path / "hub" / VAE.repo / VAE.folder)
    with serving(tmp_path / "hub") as hub:
        environment = {**os.environ, "HF_ENDPOINT": hub.endpoint}
        asked = process("pull", VAE.id, env=environment, stdin=subprocess.DEVNULL)
        told, error = asked.communicate(timeout=60)
        assert asked.returncode == 1
        assert VAE.licence.name in told
        assert "add --yes" in error
        assert hub.served == []
        agreed = process("pull", VAE.id, "--yes", env=environment)
        told, error = agreed.communicate(timeout=60)
        assert (agreed.returncode, error) == (0, "")
    assert f"{VAE.id}: installed" in told
    assert weights.installed(VAE.id).repo == VAE.repo


def test_control_c_in_a_download_keeps_what_came_and_installs_nothing_half(weights, source, tmp_path):
    folder = tmp_path / "hub" / VAE.repo / VAE.folder
    shutil.copytree(source / VAE.folder, folder)
    save_file({"a": torch.zeros(10 << 20)}, folder / "diffusion_pytorch_model.safetensors")
    with serving(tmp_path / "hub") as hub:
        hub.pause_after = 25 << 20
        environment = {**os.environ, "HF_ENDPOINT": hub.endpoint}
        stopped = process("pull", VAE.id, "--yes", env=environment)
        assert hub.paused.wait(60)
        stopped.send_signal(signal.SIGINT)
        _, error = stopped.communicate(timeout=60)
        hub.pause_after = 0
        hub.go_on.set()
        assert (stopped.returncode, error.strip()) == (
            130,
            "vibeboard: stopped; what has come so far is kept for the next pull",
        )
        assert not weights.installed(VAE.id)
        assert [path for path in weights.root.iterdir() if not path.name.startswith(".")] == []
        hub.served.clear()
        again = process("pull", VAE.id, "--yes", env=environment)
        assert again.wait(60) == 0
        assert max(first for _, first, _ in hub.served) >= 10 << 20
        again.communicate()
    weights.verify(VAE.id)


def test_the_command_does_not_load_torch(weights):
    script = (
        "import sys\nfrom typer.testing import CliRunner\nfrom api import models\n"
        "assert CliRunner().invoke(models.app, ['list']).exit_code == 0\n"
        "assert not {'torch', 'diffusers', 'transformers', 'huggingface_hub'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(models.__file__).parents[1])
