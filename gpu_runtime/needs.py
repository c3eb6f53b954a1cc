"""What engines need of this machine, told without loading torch."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from importlib.util import find_spec

from gpu_runtime.catalog.declare import adapters, backbones
from gpu_runtime.weights import Weights, refusal
from tools.generate_shot import GenerateShotParams
from vibeboard.settings import Settings

RENDERING = {"torch": "torch", "PIL": "pillow", "reportlab": "reportlab", "opentimelineio": "opentimelineio"}
"""Module -> distribution of what only `gpu_runtime.models` needs: the extra `render`."""
_LIBRARIES = ("diffusers", "transformers", "peft", "accelerate", "ftfy")


def cannot_render() -> str:
    """Why nothing can be rendered on this machine and what to do, or nothing."""
    absent = [name for module, name in RENDERING.items() if find_spec(module) is None]
    if not absent:
        return ""
    return (
        f"nothing can be rendered here without {', '.join(absent)}: pip install -e '.[render]' -c constraints.txt, or "
        "leave the work to vibeboard worker elsewhere (--leave-to-workers)"
    )


def missing(backbone: str, on_top: tuple[str, ...] = ()) -> str:
    """What has to be installed, allowed or plugged in before a backbone with these adapters on top can work, or
    nothing."""
    return _libraries() or _refused(backbone, on_top) or _absent(backbone, on_top) or _device()


def revision(backbone: str, on_top: tuple[str, ...] = ()) -> str:
    """Names the content of the installed weights of a backbone and of the adapters on top."""
    return _weights().revision([*_ids(backbone), *on_top])


def _absent(backbone: str, on_top: tuple[str, ...]) -> str:
    names = [backbone] if _weights().missing(_ids(backbone)) else []
    names += [name for name in on_top if not _weights().installed(name)]
    return f"its weights: vibeboard models pull {' '.join(names)}" if names else ""


def adapter_contents(params: GenerateShotParams) -> tuple[str, ...]:
    """Names the content of the adapters that a call asks for."""
    return tuple(_weights().revision([use.adapter]) for use in params.adapters)


def _ids(backbone: str) -> list[str]:
    return [component.id for component in backbones()[backbone].components]


def _weights() -> Weights:
    return Weights(Settings().models_folder)


def _libraries() -> str:
    absent = [name for name in _LIBRARIES if find_spec(name) is None]
    return f"{', '.join(absent)}: pip install 'vibeboard[gpu]'" if absent else ""


def _refused(backbone: str, on_top: tuple[str, ...]) -> str:
    licences = [component.licence for component in backbones()[backbone].components]
    licences += [adapters()[name].licence for name in on_top]
    return next(filter(None, (refusal(licence, Settings()) for licence in licences)), "")


def _device() -> str:
    if Settings().device == "cpu":
        return ""
    if not shutil.which("nvidia-smi"):
        return "a CUDA device (VIBEBOARD_DEVICE=cpu runs it on the processor, hours a shot)"
    if version("torch").endswith("+cpu"):
        return f"a torch that knows CUDA; {version('torch')} is the one for processors"
    return ""
