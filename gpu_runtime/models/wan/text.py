"""Words as embeddings: a stage of its own, kept by content, so that words seen before need no text encoder."""

from __future__ import annotations

import html
import re
from collections.abc import Generator
from functools import partial
from typing import NamedTuple

import ftfy
import torch
from safetensors.torch import load, save
from torch import Tensor
from transformers import AutoTokenizer

from gpu_runtime.models.wan import words
from gpu_runtime.models.wan.recipe import Roles
from gpu_runtime.run import DeviceRun, Stage, Step
from vibeboard.faults import Rejected

TOKENS = 512
"""Tokens that all Wan models were trained with; what follows the words is zero, and counts."""
_ENCODE_BYTES = 1 << 28


class Texts(NamedTuple):
    """Embeddings `[1, 512, d]` in the text encoder's dtype; `negative` is nothing when the shot is not guided."""

    prompt: Tensor
    negative: Tensor | None


def encode(
    prompt: str, negative: str | None, roles: Roles, steps: int, run: DeviceRun
) -> Generator[Stage | Step, None, Texts]:
    """The embeddings of both texts. The stage is skipped when both are kept from before. `steps` are those of the whole
    job, none of them done."""
    texts = words.wanted(prompt, negative)
    keys = [words.text_key(text, roles, run) for text in texts]
    if not all(run.is_cached(key) for key in keys):
        yield Stage("encode text", (roles["text_encoder"],), work=_ENCODE_BYTES)
    made = [run.cached(keys[0], partial(_embed, texts[0], roles, run))]
    for key, text in zip(keys[1:], texts[1:], strict=True):
        yield Step(0, steps)
        made.append(run.cached(key, partial(_embed, text, roles, run)))
    padded = [_padded(load(data)["embeddings"]) for data in made]
    return Texts(padded[0], padded[1] if negative is not None else None)


def cleaned(text: str) -> str:
    """As Wan was trained with: mended Unicode, no HTML entities (they may be escaped twice), single blanks."""
    return re.sub(r"\s+", " ", html.unescape(html.unescape(ftfy.fix_text(text)))).strip()


@torch.no_grad()
def _embed(text: str, roles: Roles, run: DeviceRun) -> bytes:
    tokenizer = AutoTokenizer.from_pretrained(run.folder(roles["tokenizer"]), local_files_only=True)
    tokens = tokenizer([cleaned(text)], padding="max_length", max_length=TOKENS, return_tensors="pt")
    count = int(tokens.attention_mask.sum())
    if count > TOKENS:
        raise Rejected("prompt_too_long", f"the prompt is {count} tokens long, at most {TOKENS} are read: shorten it")
    ids, mask = tokens.input_ids.to(run.device), tokens.attention_mask.to(run.device)
    hidden: Tensor = run.module(roles["text_encoder"])(ids, mask).last_hidden_state
    return save({"embeddings": hidden[0, :count].cpu().contiguous()})


def _padded(embeddings: Tensor) -> Tensor:
    rest = embeddings.new_zeros(TOKENS - embeddings.shape[0], embeddings.shape[1])
    return torch.cat([embeddings, rest])[None]
