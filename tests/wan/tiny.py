"""Backbones of every kind with random weights, small enough to be made in a moment, under the ids of the real ones.

They have the real ones' modules, roles and configuration, so that the engines run on them as they are declared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    UniPCMultistepScheduler,
    WanTransformer3DModel,
    WanVACETransformer3DModel,
)
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    CLIPVisionModel,
    PreTrainedTokenizerFast,
    UMT5Config,
    UMT5EncoderModel,
)

from gpu_runtime.catalog.declare import Adapter, Component, Kind, backbones
from gpu_runtime.manifest import MANIFEST, FileRecord, Manifest

_DIT = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "in_channels": 16,
    "out_channels": 16,
    "text_dim": 16,
    "freq_dim": 32,
    "ffn_dim": 32,
    "num_layers": 2,
    "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads",
    "rope_max_seq_len": 64,
}
_TI2V_CHANNELS = 8


def install(backbone: str, models: Path, *, flow_match: bool = False) -> None:
    """Every component of a backbone that is not there yet, in a folder of its own, seeded by its id."""
    for role, component in backbones()[backbone].roles.items():
        folder = models / component.id
        if folder.exists():
            continue
        torch.manual_seed(int(hashlib.sha256(component.id.encode()).hexdigest()[:8], 16))
        if role == "scheduler":
            _scheduler(flow_match).save_pretrained(folder)
        else:
            _MAKERS[component.kind](component).save_pretrained(folder)
        _write_manifest(component, folder)


def install_adapter(adapter: Adapter, folder: Path, strength: float = 1.0) -> Path:
    """The file of an adapter for a tiny transformer, in a folder with the layout of its repository."""
    torch.manual_seed(int(hashlib.sha256(adapter.id.encode()).hexdigest()[:8], 16))
    width, rank = _DIT["num_attention_heads"] * _DIT["attention_head_dim"], 4
    key = "diffusion_model.blocks.0.self_attn.q"
    tensors = {
        f"{key}.lora_down.weight": torch.randn(rank, width),
        f"{key}.lora_up.weight": strength * torch.randn(width, rank),
        f"{key}.alpha": torch.tensor(float(rank)),
    }
    path = folder / adapter.file
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return path


def load(component: Component, folder: Path, dtype: torch.dtype = torch.float32) -> Any:
    """The module of an installed component, as the runtime loads it. Only a transformer is in the `dtype` asked for."""
    if component.kind is Kind.TEXT_ENCODER:
        return UMT5EncoderModel.from_pretrained(folder).eval()
    if component.kind is Kind.IMAGE_ENCODER:
        return CLIPVisionModel.from_pretrained(folder).eval()
    if component.kind is Kind.VAE:
        return AutoencoderKLWan.from_pretrained(folder).eval()
    cls = WanVACETransformer3DModel if "vace" in component.id else WanTransformer3DModel
    return cls.from_pretrained(folder, torch_dtype=dtype).eval()


def _scheduler(flow_match: bool) -> Any:
    if flow_match:
        return FlowMatchEulerDiscreteScheduler(shift=3.0)
    return UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)


def _tokenizer(_: Component) -> PreTrainedTokenizerFast:
    """Bytes as tokens, so that any words can be read."""
    symbols = ["<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    made = Tokenizer(models.BPE(vocab={symbol: n for n, symbol in enumerate(symbols)}, merges=[], unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    named = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=512, **named)


def _text_encoder(_: Component) -> UMT5EncoderModel:
    sizes = {"vocab_size": 259, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
    return UMT5EncoderModel(UMT5Config(**sizes, pad_token_id=0, eos_token_id=1, feed_forward_proj="gated-gelu"))


def _vae(component: Component) -> AutoencoderKLWan:
    common = {"dim_mult": [1, 1, 1, 1], "num_res_blocks": 1, "temperal_downsample": [False, True, True]}
    if component.id == "wan2.1-vae":
        return AutoencoderKLWan(base_dim=3, z_dim=16, **common)
    channels = {"z_dim": _TI2V_CHANNELS, "in_channels": 12, "out_channels": 12}
    statistics = {"latents_mean": [0.1] * _TI2V_CHANNELS, "latents_std": [1.5] * _TI2V_CHANNELS}
    shape = {"is_residual": True, "patch_size": 2, "scale_factor_spatial": 16}
    return AutoencoderKLWan(base_dim=4, decoder_base_dim=4, **common, **channels, **statistics, **shape)


def _image_encoder(_: Component) -> CLIPVisionModel:
    sizes = {"hidden_size": 8, "projection_dim": 8, "num_hidden_layers": 2, "num_attention_heads": 2}
    return CLIPVisionModel(CLIPVisionConfig(**sizes, image_size=32, intermediate_size=16, patch_size=8))


def _transformer(component: Component) -> Any:
    if "vace" in component.id:
        return _roused(WanVACETransformer3DModel(**_DIT, vace_layers=[0], vace_in_channels=96))
    more: dict[str, Any] = {}
    if "ti2v" in component.id:
        more = {"in_channels": _TI2V_CHANNELS, "out_channels": _TI2V_CHANNELS}
    elif "2.1-i2v" in component.id:
        more = {"in_channels": 36, "image_dim": 8, "added_kv_proj_dim": 24}
    elif "i2v" in component.id:
        more = {"in_channels": 36}
    return _roused(WanTransformer3DModel(**{**_DIT, **more}))


def _roused(model: Any) -> Any:
    """With every parameter large enough to matter: control layers, for one, begin at zero."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


_MAKERS: Mapping[Kind, Callable[[Component], Any]] = {
    Kind.TOKENIZER: _tokenizer,
    Kind.TEXT_ENCODER: _text_encoder,
    Kind.VAE: _vae,
    Kind.IMAGE_ENCODER: _image_encoder,
    Kind.IMAGE_PROCESSOR: lambda _: CLIPImageProcessor(crop_size=32, size=32),
    Kind.TRANSFORMER: _transformer,
}


def _write_manifest(component: Component, folder: Path) -> None:
    files = {
        path.name: FileRecord(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), bytes=path.stat().st_size)
        for path in sorted(folder.iterdir())
    }
    manifest = Manifest(component=component.id, files=files, dtype="float32", tensor_bytes=1, repo="folder")
    (folder / MANIFEST).write_text(manifest.model_dump_json())
