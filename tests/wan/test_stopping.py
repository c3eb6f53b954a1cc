"""A job can stop at any step and go on later, and what it makes does not show it."""

from __future__ import annotations

import pytest
import torch
from diffusers.video_processor import VideoProcessor

from gpu_runtime.catalog import declare
from gpu_runtime.catalog.declare import Adapter, Licence, backbones
from gpu_runtime.models.wan import coding
from gpu_runtime.models.wan.engine import generate_shot
from gpu_runtime.models.wan.recipe import Recipe
from gpu_runtime.run import AdapterUse, Remedy, Stage
from vibeboard.faults import Rejected, Transient

ENGINES = [
    "wan2.1-t2v-1.3b",
    "wan2.1-i2v-14b-480p",
    "wan2.1-vace-1.3b",
    "wan2.2-ti2v-5b",
    "wan2.2-i2v-a14b",
    "wan2.2-i2v-a14b-4step",
]


@pytest.mark.parametrize("engine", ENGINES)
def test_weights_that_go_at_every_step_change_nothing(run_of, params_of, engine):
    undisturbed, disturbed = run_of(engine), run_of(engine)
    params = params_of(undisturbed.engine, steps=3)
    expected = undisturbed.drive(generate_shot(params, undisturbed))
    assert disturbed.drive(generate_shot(params, disturbed), dropping=True) == expected


def test_two_jobs_on_the_same_weights_in_turn_are_as_one_after_the_other(run_of, params_of):
    run = run_of("wan2.1-t2v-1.3b")
    asked = [params_of(run.engine, seed=seed, steps=3) for seed in (1, 2)]
    expected = [run.drive(generate_shot(params, run)) for params in asked]
    works = [generate_shot(params, run) for params in asked]
    stages: list[list[Stage]] = [[], []]
    made = [None, None]
    while None in made:
        for n, work in enumerate(works):
            run.stages = stages[n]
            try:
                point = next(work)
            except StopIteration as stop:
                made[n] = made[n] or stop.value
            else:
                stages[n] += [point] if isinstance(point, Stage) else []
    assert made == expected
    assert made[0] != made[1]


def test_steps_count_up_to_the_whole_job_over_its_chunks(run_of, params_of):
    run = run_of("wan2.1-i2v-14b-480p")
    params = params_of(run.engine, frames=85)
    run.drive(generate_shot(params, run))
    assert list(dict.fromkeys(step[:2] for step in run.steps)) == [(n, 4) for n in range(5)]


def test_a_stage_asks_for_what_it_touches_and_no_more(run_of, params_of):
    run = run_of("wan2.1-i2v-14b-480p")
    run.drive(generate_shot(params_of(run.engine), run))
    roles = {role: component.id for role, component in backbones()[run.engine.backbone].roles.items()}
    assert [(stage.name, stage.weights) for stage in run.stages] == [
        ("encode text", (roles["text_encoder"],)),
        ("encode", (roles["vae"], roles["image_encoder"])),
        ("denoise", (roles["transformer"],)),
        ("decode", (roles["vae"],)),
    ]
    assert all(stage.work > 0 for stage in run.stages)


def test_words_seen_before_need_no_text_encoder(run_of, params_of):
    run = run_of("wan2.1-t2v-1.3b")
    first = run.drive(generate_shot(params_of(run.engine), run))
    run.stages.clear()
    assert run.drive(generate_shot(params_of(run.engine), run)) == first
    assert "encode text" not in [stage.name for stage in run.stages]
    other = run_of("wan2.1-vace-1.3b")
    other.cache = run.cache
    other.drive(generate_shot(params_of(other.engine), other))
    assert "encode text" not in [stage.name for stage in other.stages]
    run.drive(generate_shot(params_of(run.engine, prompt="Another"), run))
    assert run.stages[-3].name == "encode text"


def test_a_prompt_that_would_be_cut_is_refused(run_of, params_of):
    run = run_of("wan2.1-t2v-1.3b")
    with pytest.raises(Rejected, match="601 tokens long, at most 512"):
        run.drive(generate_shot(params_of(run.engine, prompt="x" * 600), run))


def test_numbers_that_are_none_are_never_a_picture(run_of, params_of):
    run = run_of("wan2.1-t2v-1.3b")

    def spoil(component: str, module: torch.nn.Module) -> None:
        if component.endswith("dit"):
            module.proj_out.bias.data.fill_(torch.nan)

    run.prepare = spoil
    with pytest.raises(Transient, match="NaN"):
        run.drive(generate_shot(params_of(run.engine), run))


def test_tiles_are_used_when_memory_was_short_and_the_module_is_left_as_it_was(run_of, params_of, monkeypatch):
    run = run_of("wan2.1-t2v-1.3b")
    tiled = []

    def watch(component: str, module: torch.nn.Module) -> None:
        if component.endswith("vae"):
            decode = module.decode
            module.decode = lambda *given, **named: (tiled.append(module.use_tiling), decode(*given, **named))[1]

    run.prepare = watch
    params = params_of(run.engine)
    run.drive(generate_shot(params, run))
    run.remedies = frozenset({Remedy.TILING})
    run.drive(generate_shot(params, run))
    assert tiled == [True]
    assert run.loaded["wan2.1-vae"].use_tiling is False


@pytest.mark.parametrize("engine", ENGINES)
def test_a_job_can_stop_between_any_two_texts_and_any_two_latent_frames_that_are_coded(run_of, params_of, engine):
    run = run_of(engine)
    params = params_of(run.engine, frames=13)
    counts = dict.fromkeys(("encode text", "encode", "decode"), 0)
    for point in generate_shot(params, run):
        if isinstance(point, Stage):
            run.stages.append(point)
        elif run.stages[-1].name in counts:
            counts[run.stages[-1].name] += 1
    whole, kind = 1 + 12 // 4, run.engine.defaults["conditioning"]
    coded = {"vace": 2 * whole, "i2v": whole, "ti2v": 1, "t2v": 0}[kind]
    texts_between = int(Recipe.of(run.engine, params).guided)
    assert counts == {"encode text": texts_between, "encode": coded, "decode": whole}


def test_another_seed_is_another_shot(run_of, params_of):
    run = run_of("wan2.1-t2v-1.3b")
    one, other = (run.drive(generate_shot(params_of(run.engine, seed=seed), run)) for seed in (1, 2))
    assert one.outputs["video"] != other.outputs["video"]


def test_what_the_call_leaves_open_is_the_engines(run_of, params_of):
    engine = run_of("wan2.2-t2v-a14b").engine
    open_call = Recipe.of(engine, params_of(engine, steps=None))
    assert (open_call.steps, open_call.guidance, open_call.guidance_2) == (40, 4.0, 3.0)
    asked = Recipe.of(engine, params_of(engine, steps=8, guidance=2.0, negative_prompt=""))
    assert (asked.steps, asked.guidance, asked.guidance_2, asked.negative_prompt) == (8, 2.0, 2.0, "")
    assert not Recipe.of(engine, params_of(engine, guidance=1.0)).guided


def test_an_adapter_that_is_none_is_refused_by_its_name(run_of, params_of):
    run = run_of("wan2.1-t2v-1.3b")
    with pytest.raises(Rejected, match=r"adapters: noir is none for this engine"):
        run.drive(generate_shot(params_of(run.engine, adapters=[{"adapter": "noir"}]), run))


def test_an_adapter_that_may_not_be_used_is_refused_unless_the_settings_allow_it(run_of, params_of, monkeypatch):
    run = run_of("wan2.2-i2v-a14b")
    asked = params_of(run.engine, adapters=[{"adapter": "storymem-high-noise"}])
    with pytest.raises(Rejected, match=r"storymem-high-noise: its licence \(S-Lab .* VIBEBOARD_NONCOMMERCIAL=1"):
        run.drive(generate_shot(asked, run))
    monkeypatch.setenv("VIBEBOARD_NONCOMMERCIAL", "1")
    run.drive(generate_shot(asked, run))
    assert {use.adapter for stage in run.stages for use in stage.adapters} == {"storymem-high-noise"}


def test_what_a_distilled_model_was_trained_for_is_not_asked_for_otherwise(run_of, params_of):
    run = run_of("wan2.2-i2v-a14b-4step")
    plain, odd = params_of(run.engine, steps=None), params_of(run.engine, steps=9, guidance=7.0, negative_prompt="rain")
    assert run.engine.key(plain) == run.engine.key(odd)
    assert run.drive(generate_shot(odd, run)) == run.drive(generate_shot(plain, run))
    assert {step.total for step in run.steps} == {4}


def test_adapters_are_asked_for_while_denoising_and_nowhere_else(run_of, params_of, monkeypatch):
    run = run_of("wan2.2-t2v-a14b")
    base = backbones()[run.engine.backbone].roles["transformer"]
    noir = Adapter("noir", base, 1, Licence("MIT"), "studio/noir", "noir.safetensors")
    monkeypatch.setattr(declare, "adapters", lambda: {"noir": noir})
    asked = params_of(run.engine, adapters=[{"adapter": "noir", "scale": 0.5}], steps=5)
    run.drive(generate_shot(asked, run))
    use = AdapterUse(adapter="noir", scale=0.5)
    assert {stage.name: stage.adapters for stage in run.stages} == {
        "encode text": (),
        "denoise, high noise": (use,),
        "denoise, low noise": (use,),
        "decode": (),
    }


def test_signed_pixels_are_what_the_pipelines_make_of_a_picture(still):
    image = still()
    expected = VideoProcessor(vae_scale_factor=8).preprocess(image, image.height, image.width)
    frames = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(1, image.height, image.width, 3)
    assert torch.equal(coding.signed(frames)[:, :, 0], expected)
