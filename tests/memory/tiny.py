"""Components of a few kilobytes with random weights, saved as diffusers and transformers save them."""

from pathlib import Path

import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel, WanVACETransformer3DModel
from transformers import CLIPVisionConfig, CLIPVisionModel, UMT5Config, UMT5EncoderModel

DIT = {
    "patch_size": (1, 2, 2), "num_attention_heads": 2, "attention_head_dim": 12, "in_channels": 16, "out_channels": 16,
    "text_dim": 16, "freq_dim": 32, "ffn_dim": 32, "num_layers": 3, "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads", "rope_max_seq_len": 32,
}  # fmt: skip


def transformer(seed=0, dtype=torch.float32, **changes):
    torch.manual_seed(seed)
    return WanTransformer3DModel(**{**DIT, **changes}).eval().to(dtype)


def vace(seed=0):
    torch.manual_seed(seed)
    return WanVACETransformer3DModel(**DIT, vace_layers=[0, 2], vace_in_channels=96).eval()


def text_encoder(seed=0):
    torch.manual_seed(seed)
    config = UMT5Config(
        vocab_size=259, d_model=16, d_kv=8, d_ff=32, num_layers=3, num_heads=2, pad_token_id=0, eos_token_id=1,
        feed_forward_proj="gated-gelu",
    )  # fmt: skip
    return UMT5EncoderModel(config).eval()


def vae(seed=0):
    torch.manual_seed(seed)
    settings = {"dim_mult": [1, 1, 1, 1], "num_res_blocks": 1, "temperal_downsample": [False, True, True]}
    return AutoencoderKLWan(base_dim=3, z_dim=16, **settings).eval()


def image_encoder(seed=0):
    torch.manual_seed(seed)
    config = CLIPVisionConfig(
        hidden_size=8, projection_dim=8, num_hidden_layers=4, num_attention_heads=2, image_size=32,
        intermediate_size=16, patch_size=8,
    )  # fmt: skip
    return CLIPVisionModel(config).eval()


def saved(model, folder: Path) -> Path:
    model.save_pretrained(folder)
    return folder


@torch.no_grad()
def answer(model, dtype=torch.float32):
    """What a model makes of fixed inputs."""
    noise = torch.Generator().manual_seed(7)
    random = lambda *shape: torch.randn(*shape, generator=noise)  # noqa: E731
    match type(model).__name__:
        case "WanTransformer3DModel" | "WanVACETransformer3DModel":
            video, text = random(1, 16, 3, 8, 8).to(dtype), random(1, 6, 16).to(dtype)
            control = {"control_hidden_states": random(1, 96, 3, 8, 8)} if "VACE" in type(model).__name__ else {}
            inputs = {"hidden_states": video, "timestep": torch.tensor([500]), "encoder_hidden_states": text}
            return model(**inputs, **control, return_dict=False)[0]
        case "UMT5EncoderModel":
            return model(torch.arange(3, 20)[None]).last_hidden_state
        case "AutoencoderKLWan":
            latent = model.encode(random(1, 3, 5, 32, 32)).latent_dist.mode()
            return model.decode(latent).sample
        case "CLIPVisionModel":
            return model(random(1, 3, 32, 32)).last_hidden_state
