"""Which words a shot needs embedded, and under which keys the embeddings are kept; told without torch."""

from __future__ import annotations

from gpu_runtime.manifest import read_manifest
from gpu_runtime.models.wan.recipe import Recipe, Roles
from gpu_runtime.run import DeviceRun
from tools.generate_shot import GenerateShotParams
from vibeboard.digest import canonical, sha256


def spared(params: GenerateShotParams, run: DeviceRun) -> tuple[str, ...]:
    """The text encoder, if the embeddings of all words of a shot are kept from before."""
    recipe, roles = Recipe.of(run.engine, params), Roles.of(run.engine)
    texts = wanted(params.prompt, recipe.negative_prompt if recipe.guided else None)
    known = all(run.is_cached(text_key(text, roles, run)) for text in texts)
    return (roles["text_encoder"],) if known else ()


def wanted(prompt: str, negative: str | None) -> list[str]:
    return [prompt] if negative is None else [prompt, negative]


def text_key(text: str, roles: Roles, run: DeviceRun) -> str:
    """Names the embeddings of a text by it and by the content of what makes them."""
    makers = (_content(run, roles[role]) for role in ("text_encoder", "tokenizer"))
    return sha256(canonical(["wan-text", *makers, text]))


def _content(run: DeviceRun, component: str) -> str:
    manifest = read_manifest(run.folder(component))
    assert manifest is not None, f"{component} is not installed"
    return manifest.digest
