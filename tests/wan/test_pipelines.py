"""The engines' own loop is diffusers' pipelines, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, WanImageToVideoPipeline, WanPipeline, WanVACEPipeline
from PIL import Image
from transformers import AutoTokenizer, CLIPImageProcessor

from gpu_runtime.catalog.declare import backbones
from gpu_runtime.engine import registry
from gpu_runtime.models.wan.denoise import scheduler_of
from gpu_runtime.models.wan.engine import footage, prepared
from gpu_runtime.models.wan.recipe import Recipe
from gpu_runtime.models.wan.steering import first_picture
from tests.wan.driver import TinyRun
from tests.wan.tiny import install, load
from tools.generate_shot import GenerateShotParams

CONFIGURATION = {"tokenizer": AutoTokenizer, "image_processor": CLIPImageProcessor}


class Decoded:
    """What a VAE was given to decode, and what it made of it."""

    def __init__(self) -> None:
        self.latents = self.video = torch.zeros(0)

    def watch(self, component: str, module: Any) -> None:
        if component.endswith("vae"):
            module.post_quant_conv.register_forward_pre_hook(self._begun)
            module.decoder.register_forward_hook(self._made)

    def _begun(self, _module: Any, given: tuple[torch.Tensor]) -> None:
        self.latents, self.video = given[0].clone(), torch.zeros(0)

    def _made(self, _module: Any, _given: Any, piece: torch.Tensor) -> None:
        self.video = piece if not self.video.numel() else torch.cat([self.video, piece], dim=2)


def pipeline(cls: type, run: TinyRun, watch: Decoded, recipe: Recipe, **config: object) -> Any:
    made: dict[str, Any] = {}
    for role, component in backbones()[run.engine.backbone].roles.items():
        if role in CONFIGURATION:
            made[role] = CONFIGURATION[role].from_pretrained(run.folder(component.id))
        elif role == "scheduler":
            made[role] = scheduler_of(run.folder(component.id), recipe.shift)
        else:
            made[role] = load(component, run.folder(component.id), run.dtype)
            watch.watch(component.id, made[role])
    if cls is WanImageToVideoPipeline:
        made = {"image_encoder": None, "image_processor": None, **made}
    built = cls(**made, **config)
    built.set_progress_bar_config(disable=True)
    return built


def common(params: GenerateShotParams, recipe: Recipe) -> dict[str, Any]:
    return {
        "prompt": params.prompt,
        "negative_prompt": recipe.negative_prompt,
        "height": params.height,
        "width": params.width,
        "num_frames": params.frames,
        "num_inference_steps": recipe.steps,
        "guidance_scale": recipe.guidance,
        "generator": torch.Generator().manual_seed(params.seed),
        "max_sequence_length": 512,
        "output_type": "np",
    } | ({"guidance_scale_2": recipe.guidance_2} if recipe.boundary else {})


class Ours:
    """A shot made by the engine, watched; modules are dropped at every step on the way."""

    def __init__(self, params: GenerateShotParams, run: TinyRun) -> None:
        self.recipe = Recipe.of(run.engine, params)
        self.decoded = Decoded()
        run.prepare = self.decoded.watch
        self.shot = run.drive(prepared(params, run), dropping=True)
        self.frames = run.drive(footage(self.shot, run), dropping=True)

    def assert_same(self, theirs: Decoded, frames: np.ndarray) -> None:
        assert torch.equal(self.decoded.latents, theirs.latents)
        assert torch.equal(self.decoded.video, theirs.video)
        assert np.array_equal(self.frames.numpy(), (frames[0] * 255).round().astype(np.uint8))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_text_to_video(run_of, params_of, dtype):
    run = run_of("wan2.1-t2v-1.3b", dtype)
    params = params_of(run.engine, steps=4)
    ours, theirs = Ours(params, run), Decoded()
    made = pipeline(WanPipeline, run, theirs, ours.recipe)
    ours.assert_same(theirs, made(**common(params, ours.recipe)).frames)


def test_text_to_video_without_guidance(run_of, params_of):
    run = run_of("wan2.1-t2v-1.3b")
    params = params_of(run.engine, guidance=1.0)
    ours, theirs = Ours(params, run), Decoded()
    made = pipeline(WanPipeline, run, theirs, ours.recipe)
    ours.assert_same(theirs, made(**common(params, ours.recipe)).frames)


class FourLevels(FlowMatchEulerDiscreteScheduler):
    """At the levels that a distilled model was trained at, whatever number of steps is asked for."""

    def set_timesteps(self, num_inference_steps: int | None = None, device: Any = None, **_: Any) -> None:
        super().set_timesteps(sigmas=[1.0, 0.75, 0.5, 0.25], device=device)


def test_a_first_frame_and_four_steps_of_two_experts(run_of, params_of):
    run = run_of("wan2.2-i2v-a14b-4step")
    params = params_of(run.engine)
    ours, theirs = Ours(params, run), Decoded()
    assert [stage.name for stage in run.stages] == [
        *("encode text", "encode", "denoise, high noise", "denoise, low noise", "decode")
    ]
    made = pipeline(WanImageToVideoPipeline, run, theirs, ours.recipe, boundary_ratio=ours.recipe.boundary)
    made.register_modules(scheduler=FourLevels(shift=5.0))
    ours.assert_same(theirs, made(image=first_picture(ours.shot.steering.scene), **common(params, ours.recipe)).frames)


def test_text_to_video_by_euler_steps(params_of, tmp_path):
    engine = registry()["wan2.1-t2v-1.3b"]
    install(engine.backbone, tmp_path / "models", flow_match=True)
    run = TinyRun(engine, tmp_path / "models", tmp_path)
    params = params_of(engine, steps=3)
    ours, theirs = Ours(params, run), Decoded()
    made = pipeline(WanPipeline, run, theirs, ours.recipe)
    ours.assert_same(theirs, made(**common(params, ours.recipe)).frames)


def test_text_to_video_with_two_experts(run_of, params_of):
    run = run_of("wan2.2-t2v-a14b")
    params = params_of(run.engine, steps=5)
    ours, theirs = Ours(params, run), Decoded()
    made = pipeline(WanPipeline, run, theirs, ours.recipe, boundary_ratio=ours.recipe.boundary)
    ours.assert_same(theirs, made(**common(params, ours.recipe)).frames)
    denoising = [stage for stage in run.stages if stage.name.startswith("denoise")]
    assert [stage.weights for stage in denoising] == [("wan2.2-t2v-a14b-high-noise",), ("wan2.2-t2v-a14b-low-noise",)]


@pytest.mark.parametrize("engine", ["wan2.1-i2v-14b-480p", "wan2.2-i2v-a14b"])
def test_image_to_video(run_of, params_of, still, png, engine):
    run = run_of(engine)
    first = run.keep_bytes(png(still()), "image/png").sha256
    params = params_of(run.engine, steps=4, first_frame=first)
    ours, theirs = Ours(params, run), Decoded()
    made = pipeline(WanImageToVideoPipeline, run, theirs, ours.recipe, boundary_ratio=ours.recipe.boundary)
    ours.assert_same(theirs, made(image=still(), **common(params, ours.recipe)).frames)


def test_without_a_still_the_shot_starts_from_the_previs(run_of, params_of):
    run = run_of("wan2.1-i2v-14b-480p")
    params = params_of(run.engine)
    ours, theirs = Ours(params, run), Decoded()
    first = first_picture(ours.shot.steering.scene)
    made = pipeline(WanImageToVideoPipeline, run, theirs, ours.recipe)
    ours.assert_same(theirs, made(image=first, **common(params, ours.recipe)).frames)


@pytest.mark.parametrize("from_still", [True, False])
def test_the_five_billion_model(run_of, params_of, still, png, from_still):
    run = run_of("wan2.2-ti2v-5b")
    first = run.keep_bytes(png(still()), "image/png").sha256 if from_still else None
    params = params_of(run.engine, steps=3, first_frame=first, control="depth" if from_still else "none")
    ours, theirs = Ours(params, run), Decoded()
    made = pipeline(
        WanImageToVideoPipeline if from_still else WanPipeline, run, theirs, ours.recipe, expand_timesteps=True
    )
    given = {"image": still()} if from_still else {}
    ours.assert_same(theirs, made(**given, **common(params, ours.recipe)).frames)


@pytest.mark.parametrize(
    ("control", "references"), [("depth", 0), ("picture", 1), ("layout", 2), ("none", 0), ("none", 1)]
)
def test_control_video_and_references(run_of, params_of, still, png, references, control):
    run = run_of("wan2.1-vace-1.3b")
    stills = [still(50, 70, seed) for seed in range(references)]
    names = tuple(run.keep_bytes(png(image), "image/png").sha256 for image in stills)
    params = params_of(run.engine, control=control, references=names)
    ours, theirs = Ours(params, run), Decoded()
    frames = ours.shot.steering.control
    given: dict[str, Any] = {"reference_images": stills} if stills else {}
    if frames is not None:
        given["video"] = [Image.fromarray(frame.numpy()) for frame in frames]
        given["mask"] = [Image.new("L", (params.width, params.height), 255)] * params.frames
    made = pipeline(WanVACEPipeline, run, theirs, ours.recipe)
    ours.assert_same(theirs, made(**given, **common(params, ours.recipe)).frames)


def test_a_known_first_frame_and_control(run_of, params_of, still, png):
    run = run_of("wan2.1-vace-14b")
    first = run.keep_bytes(png(still()), "image/png").sha256
    params = params_of(run.engine, first_frame=first)
    ours, theirs = Ours(params, run), Decoded()
    control = [Image.fromarray(frame.numpy()) for frame in ours.shot.steering.control]
    size = (params.width, params.height)
    masks = [Image.new("L", size, 255 if n else 0) for n in range(params.frames)]
    made = pipeline(WanVACEPipeline, run, theirs, ours.recipe)
    given = {"video": [still(), *control[1:]], "mask": masks}
    ours.assert_same(theirs, made(**given, **common(params, ours.recipe)).frames)


def test_every_backbone_of_wan_has_been_compared():
    compared = {"t2v-1.3b", "t2v-a14b", "i2v-14b-480p", "i2v-a14b", "ti2v-5b", "vace-1.3b", "vace-14b"}
    alike = {"t2v-14b": "t2v-1.3b", "i2v-14b-720p": "i2v-14b-480p"}
    names = {name.partition("-")[2] for name in backbones() if name.startswith("wan")}
    assert names == compared | set(alike)
    roles = {name.partition("-")[2]: set(backbone.roles) for name, backbone in backbones().items()}
    assert all(roles[one] == roles[other] for one, other in alike.items())
