"""Adapters for backbones of Wan. Repositories and file names are those that the named sources give; nobody here has had
the files. Their hashes are therefore not declared: a pull compares with what the hub says, and the manifest keeps it.

* Step distillation of Wan 2.2 I2V A14B, by LightX2V: repository, files, strength and sampling from its
  `configs/distill/wan22/wan_moe_i2v_distill_with_lora.json` (commit 29c8504); licence and sizes from the hub's pages.
* StoryMem (arXiv 2512.19539): rank 128 with rank-stabilised scaling, and frames of memory before the latents, which no
  engine here does yet. Sizes are parameters times four bytes.
"""

from gpu_runtime.catalog import wan
from gpu_runtime.catalog.declare import Adapter, Component, Licence

S_LAB = Licence("S-Lab License 1.0", commercial=False)

_DISTILLED = "lightx2v/Wan2.2-Distill-Loras"
_STORYMEM = "Kevin-thu/StoryMem"
_HIGH, _LOW = wan.i2v_experts.roles["transformer"], wan.i2v_experts.roles["transformer_2"]


def _distilled(name: str, base: Component, size: int) -> Adapter:
    file = f"wan2.2_i2v_A14b_{name}_noise_lora_rank64_lightx2v_4step_1022.safetensors"
    return Adapter(f"wan2.2-i2v-a14b-4step-{name}-noise", base, size, wan.APACHE, _DISTILLED, file)


def _storymem(name: str, base: Component) -> Adapter:
    file = f"Wan2.2-MI2V-A14B/backbone_{name}_noise.safetensors"
    return Adapter(f"storymem-{name}-noise", base, 2_440_000_000, S_LAB, _STORYMEM, file)


distilled_high = _distilled("high", _HIGH, 635_000_000)
distilled_low = _distilled("low", _LOW, 739_000_000)
storymem_high = _storymem("high", _HIGH)
storymem_low = _storymem("low", _LOW)
