"""Tasks that no engine does with weights yet: the released models for them, what they stand on, and their licence.

So nobody plans with a backbone or a licence that a paper's page suggests and its repository does not have. Licences are
those that the named repository states; where it states none, all rights are reserved and that is what the row says.
What engines do is in their declarations (`vibeboard models tasks` lists both). Boxes on a video are no task of their
own: `generate_shot` draws them as the control of an engine on VACE.
"""

from dataclasses import dataclass

from gpu_runtime.catalog.declare import Licence
from gpu_runtime.catalog.wan_adapters import S_LAB

_OPENRAIL = Licence("CreativeML OpenRAIL-M")
_UNSTATED = Licence("none stated", commercial=False, gate="ask the authors: no licence file, all rights reserved")
_STABILITY = Licence(
    "Stability AI's own (SVD); none stated (learn2refocus)",
    commercial=False,
    gate="accept Stability AI's terms; ask the authors: no licence file, all rights reserved",
)
_API = Licence("the provider's terms", gate="a key of the provider")


@dataclass(frozen=True)
class Row:
    """`backbone` is an id of the catalog where there is one, else what the model stands on; `adapter` what goes on top
    of it, if anything. `apart` says that it can only run in an environment of its own."""

    task: str
    backbone: str
    adapter: str
    licence: Licence
    apart: bool = False


ROWS = (
    Row("virtual_reshoot", "wan2.1-t2v-1.3b, all of it fine-tuned", "InfCam", _UNSTATED),
    Row("talking_head, driven by sound", "wan2.1-fun-1.3b-inp", "StableAvatar", Licence("MIT")),
    Row(
        "talking_head, driven by video",
        "wan2.1-i2v-14b-720p, all of it fine-tuned",
        "FlashPortrait",
        Licence("Apache-2.0 (code); weights not stated", commercial=False, gate="ask the authors about the weights"),
    ),
    Row("block_scene, still", "sd-1.4", "GLIGEN or ReCo", _OPENRAIL),
    Row("continuity", "wan2.2-i2v-a14b", "StoryMem", S_LAB),
    Row("virtual_set", "wan2.2-ti2v-5b", "Spatia", Licence("CC-BY-SA-4.0")),
    Row("rack_focus", "svd-img2vid", "learn2refocus, the whole UNet", _STABILITY),
    Row(
        "lens_sim and fix_focus",
        "flux.1-dev",
        "Genfocus bokeh and deblur",
        Licence("FLUX.1-dev Non-Commercial", commercial=False, gate="accept the terms of FLUX.1-dev on the hub"),
    ),
    Row("materials", "marigold-iid", "", _OPENRAIL),
    Row("materials", "mvinverse", "", Licence("non-commercial", commercial=False), apart=True),
    Row("deconstruct_room", "3d-re-gen", "", Licence("mixed; calls a paid service", commercial=False), apart=True),
    Row("grip", "cari4d", "", Licence("NVIDIA, non-commercial", commercial=False), apart=True),
    Row("stagecraft", "siglip", "NitroGen", Licence("NVIDIA, non-commercial research", commercial=False)),
    Row("breakdown and captions", "a language model elsewhere", "", _API, apart=True),
)
