"""The declarations hang together, and say what is true."""

from __future__ import annotations

import pytest

from gpu_runtime import needs, stock
from gpu_runtime.catalog.declare import Kind, adapters, backbones, components
from gpu_runtime.catalog.tasks import ROWS
from gpu_runtime.engine import Quality, best, registry
from gpu_runtime.manifest import MANIFEST, FileRecord, Manifest
from gpu_runtime.models.wan.recipe import Conditioning, Recipe
from gpu_runtime.needs import Needs
from gpu_runtime.stock import leaving_to
from gpu_runtime.weights import Weights
from tests.wan.tiny import install, install_adapter
from tools.declare import registry as tools
from vibeboard.faults import Rejected
from vibeboard.jobs import EngineStock, Snapshot, Stock, WorkerView

NEURAL = [engine for engine in registry().values() if engine.backbone.startswith("wan")]
ROLES = {"text_encoder", "tokenizer", "vae", "scheduler", "transformer"}
KINDS = {
    "text_encoder": Kind.TEXT_ENCODER,
    "tokenizer": Kind.TOKENIZER,
    "vae": Kind.VAE,
    "scheduler": Kind.SCHEDULER,
    "transformer": Kind.TRANSFORMER,
    "transformer_2": Kind.TRANSFORMER,
    "image_encoder": Kind.IMAGE_ENCODER,
    "image_processor": Kind.IMAGE_PROCESSOR,
}


@pytest.fixture
def at(monkeypatch, tmp_path):
    """Settings as on a machine with nothing but a processor, and an empty folder of weights."""
    monkeypatch.setenv("VIBEBOARD_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("VIBEBOARD_DEVICE", "cpu")
    return tmp_path / "models"


@pytest.mark.parametrize("engine", NEURAL, ids=lambda engine: engine.name)
def test_an_engine_has_all_that_its_pipeline_needs(engine):
    roles = backbones()[engine.backbone].roles
    recipe = Recipe.model_validate(engine.defaults)
    assert roles.keys() >= ROLES
    assert all(component.kind is KINDS[role] for role, component in roles.items())
    assert ("transformer_2" in roles) == (recipe.boundary is not None) == (recipe.guidance_2 is not None)
    assert ("image_encoder" in roles) == ("image_processor" in roles) == engine.name.startswith("wan2.1-i2v")
    assert recipe.chunk % 4 == recipe.overlap % 4 == 1
    assert engine.limits.max_frames == (recipe.chunk if recipe.conditioning is Conditioning.TEXT else None)
    assert engine.seconds_per_frame > 0


def test_what_is_the_same_is_one_component():
    of_wan = [backbone for name, backbone in backbones().items() if name.startswith("wan")]
    assert len({backbone.roles["text_encoder"] for backbone in of_wan}) == 1
    assert {backbone.roles["vae"].id for backbone in of_wan} == {"wan2.1-vae", "wan2.2-vae"}
    transformers = [c for backbone in of_wan for c in backbone.components if c.kind is Kind.TRANSFORMER]
    assert len(transformers) == len(set(transformers)) == 11


def test_ids_name_one_component_each():
    declared = [component for backbone in backbones().values() for component in backbone.components]
    assert len({component.id for component in declared}) == len(set(declared)) == len(components())
    assert not adapters().keys() & {*components(), *backbones()}


@pytest.mark.parametrize("engine", NEURAL, ids=lambda engine: engine.name)
def test_the_adapters_of_an_engine_are_for_transformers_that_it_has(engine):
    recipe = Recipe.model_validate(engine.defaults)
    held = backbones()[engine.backbone].components
    assert all(adapters()[name].base in held for name in recipe.adapters)
    assert all(adapters()[name].licence.commercial for name in recipe.adapters)
    assert recipe.steps == len(recipe.noise_levels or range(recipe.steps))


def test_an_engine_with_adapters_on_top_asks_for_them_and_is_named_by_their_content(at, tmp_path):
    few, whole = registry()["wan2.2-i2v-a14b-4step"], registry()["wan2.2-i2v-a14b"]
    assert few.missing().endswith(
        "pull wan2.2-i2v-a14b wan2.2-i2v-a14b-4step-high-noise wan2.2-i2v-a14b-4step-low-noise"
    )
    install(few.backbone, at)
    assert whole.missing() == ""
    assert few.missing().endswith("pull wan2.2-i2v-a14b-4step-high-noise wan2.2-i2v-a14b-4step-low-noise")
    names = set()
    for strength in (1.0, 2.0):
        for name in Recipe.model_validate(few.defaults).adapters:
            Weights(at).install(adapters()[name], install_adapter(adapters()[name], tmp_path, strength))
        assert few.missing() == ""
        names.add(few.full_revision)
    assert len(names | {whole.full_revision}) == 3


def test_what_may_not_be_sold_is_said():
    gated = {row.adapter or row.backbone for row in ROWS if not row.licence.commercial}
    assert {"StoryMem", "NitroGen", "cari4d", "mvinverse", "InfCam", "Genfocus bokeh and deblur"} <= gated
    (refocus,) = [row.licence for row in ROWS if row.task == "rack_focus"]
    assert not refocus.commercial
    assert "Stability AI" in refocus.name


def test_what_an_engine_does_is_not_said_to_come_later():
    assert not {row.task for row in ROWS} & {engine.task for engine in registry().values()}


def test_an_engine_says_which_weights_to_pull(at):
    engine = registry()["wan2.1-vace-1.3b"]
    assert "vibeboard models pull wan2.1-vace-1.3b" in engine.missing()
    assert engine.variant() == ""
    with pytest.raises(Rejected, match=r"models pull wan2\.1-vace-1\.3b"):
        best("generate_shot", Quality.DRAFT)


def test_installed_weights_make_an_engine_usable_and_name_its_results(at):
    engine = registry()["wan2.1-vace-1.3b"]
    before = engine.full_revision
    install(engine.backbone, at)
    assert engine.missing() == ""
    assert engine.full_revision.startswith(before)
    assert engine.full_revision != before
    assert best("generate_shot", Quality.DRAFT) is engine
    assert best("generate_shot").name == "previs"


LACKS, READY = EngineStock(missing="a CUDA device"), EngineStock(revision="2+abc")


def worker(owner, engine, stand):
    has = Stock(engines={engine: stand}, adapters={"storymem-high-noise": f"of {owner}"})
    return WorkerView(owner=owner, snapshot=Snapshot(workers=1, queued=0, running=()), stock=has)


def test_an_engine_is_ready_with_the_first_worker_that_has_it_and_named_as_it_is_there(at, monkeypatch):
    monkeypatch.setattr(stock, "AGE_S", -1.0)
    engine = registry()["wan2.1-vace-1.3b"]
    bare, first = worker("a", engine.name, LACKS), worker("b", engine.name, READY)
    second = worker("c", engine.name, EngineStock(revision="2+def"))
    there, last = [bare], {}
    with leaving_to(lambda: there, lambda: last):
        assert engine.missing().endswith("; worker a needs a CUDA device")
        assert not engine.is_known
        there += [first, second]
        assert engine.missing() == ""
        assert best("generate_shot", Quality.DRAFT) is engine
        assert engine.full_revision == "2+abc"
        there[:], last[engine.name] = [bare], first.stock
        assert engine.missing()
        assert engine.is_known
        assert engine.full_revision == "2+abc"  # what it made keeps its name
        install(engine.backbone, at)
        assert engine.full_revision == engine.revision_here
    assert engine.missing() == ""


def test_what_the_settings_here_refuse_no_worker_makes(at, monkeypatch):
    memory = Needs("memory", "wan2.2-i2v-a14b", ("storymem-high-noise",))
    tool = tools()["generate_shot"]
    asked = tool.params.model_validate({**tool.example, "adapters": [{"adapter": "storymem-high-noise"}]})
    with leaving_to(lambda: [worker("a", "memory", READY)]):
        assert "VIBEBOARD_NONCOMMERCIAL" in memory.missing()
        with pytest.raises(Rejected, match=r"storymem-high-noise.*VIBEBOARD_NONCOMMERCIAL"):
            memory.adapter_contents(asked)
        monkeypatch.setenv("VIBEBOARD_NONCOMMERCIAL", "1")
        assert memory.missing() == ""
        assert memory.adapter_contents(asked) == ("of a",)


def test_without_a_device_an_engine_says_so(at, monkeypatch):
    install("wan2.1-t2v-1.3b", at)
    monkeypatch.setenv("VIBEBOARD_DEVICE", "")
    monkeypatch.setattr(needs.shutil, "which", lambda name: None)
    assert "a CUDA device" in registry()["wan2.1-t2v-1.3b"].missing()


def test_the_preferred_engines_are_those_that_the_previs_can_steer():
    for quality in (Quality.DRAFT, Quality.FINAL):
        of_quality = [engine for engine in NEURAL if engine.quality is quality]
        assert max(of_quality, key=lambda engine: engine.preference).defaults["conditioning"] == "vace"
        assert len({engine.preference for engine in of_quality}) == len(of_quality)


def test_another_file_of_an_adapter_makes_another_result(params_of, tmp_path, monkeypatch):
    monkeypatch.setenv("VIBEBOARD_MODELS", str(tmp_path))
    engine = registry()["wan2.1-vace-1.3b"]
    plain = engine.key(params_of(engine))
    asked = params_of(engine, adapters=({"adapter": "look"},))
    keys = {plain}
    for content in ("a", "b"):
        record = {"look.safetensors": FileRecord(sha256=content * 64, bytes=1)}
        manifest = Manifest(component="look", files=record, dtype="float32", tensor_bytes=1, repo="folder")
        (tmp_path / "look").mkdir(exist_ok=True)
        (tmp_path / "look" / MANIFEST).write_text(manifest.model_dump_json())
        keys.add(engine.key(asked))
    assert len(keys) == 3
    assert engine.key(params_of(engine)) == plain


def test_a_torch_for_processors_is_said_where_there_is_a_card(at, monkeypatch):
    install("wan2.1-t2v-1.3b", at)
    monkeypatch.setenv("VIBEBOARD_DEVICE", "")
    monkeypatch.setattr(needs.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(needs, "version", lambda name: "2.13.0+cpu")
    assert "a torch that knows CUDA" in registry()["wan2.1-t2v-1.3b"].missing()
    monkeypatch.setattr(needs, "version", lambda name: "2.13.0")
    assert registry()["wan2.1-t2v-1.3b"].missing() == ""
