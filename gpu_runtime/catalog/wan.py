"""Wan 2.1 and 2.2 (arXiv 2503.20314), in diffusers' layout, from the hub repositories of the Wan team.

The text encoder, its tokenizer, the sampler's configuration and, but for the 5B, the VAE are the same files in all of
them, so they are declared and installed once. Sizes are parameters, counted on the modules that the published
configurations make, times the bytes of the dtype. VAEs and image encoder run in float32, as the model cards have it.
"""

from collections.abc import Mapping

from gpu_runtime.catalog.declare import Backbone, Component, Kind, Licence

APACHE = Licence("Apache-2.0")

_T2V_SMALL = "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"
_T2V_LARGE = "Wan-AI/Wan2.1-T2V-14B-Diffusers"
_I2V_480P = "Wan-AI/Wan2.1-I2V-14B-480P-Diffusers"
_I2V_720P = "Wan-AI/Wan2.1-I2V-14B-720P-Diffusers"
_VACE_SMALL = "Wan-AI/Wan2.1-VACE-1.3B-diffusers"
_VACE_LARGE = "Wan-AI/Wan2.1-VACE-14B-diffusers"
_TI2V = "Wan-AI/Wan2.2-TI2V-5B-Diffusers"
_T2V_EXPERTS = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
_I2V_EXPERTS = "Wan-AI/Wan2.2-I2V-A14B-Diffusers"

_DTYPE_BYTES = {"bfloat16": 2, "float32": 4}


def _weights(name: str, kind: Kind, parameters: float, repo: str, folder: str, dtype: str = "bfloat16") -> Component:
    return Component(name, kind, round(parameters * 1e9) * _DTYPE_BYTES[dtype], dtype, APACHE, repo, folder)


def _configuration(name: str, kind: Kind, repo: str, folder: str) -> Component:
    return Component(name, kind, 0, "", APACHE, repo, folder)


def _transformer(name: str, parameters: float, repo: str, folder: str = "transformer") -> Component:
    return _weights(name, Kind.TRANSFORMER, parameters, repo, folder)


umt5 = _weights("umt5-xxl", Kind.TEXT_ENCODER, 5.681, _T2V_SMALL, "text_encoder")
tokenizer = _configuration("umt5-tokenizer", Kind.TOKENIZER, _T2V_SMALL, "tokenizer")
scheduler = _configuration("wan-unipc", Kind.SCHEDULER, _VACE_LARGE, "scheduler")
vae_21 = _weights("wan2.1-vae", Kind.VAE, 0.1269, _T2V_SMALL, "vae", "float32")
vae_22 = _weights("wan2.2-vae", Kind.VAE, 0.7047, _TI2V, "vae", "float32")
clip = _weights("clip-vit-h", Kind.IMAGE_ENCODER, 0.632, _I2V_480P, "image_encoder", "float32")
image_processor = _configuration("clip-processor", Kind.IMAGE_PROCESSOR, _I2V_480P, "image_processor")

_SHARED = {"text_encoder": umt5, "tokenizer": tokenizer, "scheduler": scheduler, "vae": vae_21}
_IMAGE = {"image_encoder": clip, "image_processor": image_processor}


def _backbone(
    name: str, parameters: float, repo: str, summary: str, more: Mapping[str, Component] = _SHARED
) -> Backbone:
    """A backbone with one transformer of its own; `more` are the components that it shares."""
    return Backbone(name, {**more, "transformer": _transformer(f"{name}-dit", parameters, repo)}, summary)


def _experts(name: str, repo: str, summary: str) -> Backbone:
    """A backbone with two transformers: the first for the noisy steps, the second from the boundary on."""
    experts = {
        "transformer": _transformer(f"{name}-high-noise", 14.29, repo),
        "transformer_2": _transformer(f"{name}-low-noise", 14.29, repo, "transformer_2"),
    }
    return Backbone(name, {**_SHARED, **experts}, summary)


t2v_small = _backbone("wan2.1-t2v-1.3b", 1.42, _T2V_SMALL, "Text to video, 480p.")
t2v_large = _backbone("wan2.1-t2v-14b", 14.29, _T2V_LARGE, "Text to video, 480p and 720p.")
i2v_480p = _backbone(
    "wan2.1-i2v-14b-480p", 16.40, _I2V_480P, "A first picture and text to video, 480p.", {**_SHARED, **_IMAGE}
)
i2v_720p = _backbone(
    "wan2.1-i2v-14b-720p", 16.40, _I2V_720P, "A first picture and text to video, 720p.", {**_SHARED, **_IMAGE}
)
vace_small = _backbone("wan2.1-vace-1.3b", 2.15, _VACE_SMALL, "Text with a control video and references, 480p.")
vace_large = _backbone("wan2.1-vace-14b", 17.34, _VACE_LARGE, "Text with a control video and references, 720p.")
ti2v = _backbone(
    "wan2.2-ti2v-5b", 5.00, _TI2V, "Text and a first picture to video, 704p at 24 fps.", {**_SHARED, "vae": vae_22}
)
t2v_experts = _experts("wan2.2-t2v-a14b", _T2V_EXPERTS, "Text to video, two experts, 480p and 720p.")
i2v_experts = _experts("wan2.2-i2v-a14b", _I2V_EXPERTS, "A first picture and text to video, two experts.")
