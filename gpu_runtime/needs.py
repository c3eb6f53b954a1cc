"""What engines need of this machine, told without loading torch."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec

from gpu_runtime.catalog.declare import adapters, backbones
from gpu_runtime.engine import Engine, registry
from gpu_runtime.stock import left_to
from gpu_runtime.weights import Weights, refusal
from tools.generate_shot import GenerateShotParams
from vibeboard.faults import FaultError, Rejected
from vibeboard.jobs import EngineStock, Stock
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


@dataclass(frozen=True)
class Needs:
    """What an engine needs: the weights of a backbone and of the adapters `on_top`, here or with a worker that work is
    left to. Ready here goes before ready there."""

    engine: str
    backbone: str
    on_top: tuple[str, ...] = ()

    def missing(self) -> str:
        """What has to be installed, allowed or plugged in before the engine works, or nothing. What the settings here
        refuse no worker makes."""
        here = self.missing_here()
        if not here or (not self._refused() and left_to().ready(self.engine)):
            return ""
        there = left_to().lacking(self.engine)
        distinct = {missing: owner for owner, missing in reversed(there.items()) if missing != here}
        return "; ".join([here, *(f"worker {owner} needs {missing}" for missing, owner in distinct.items())])

    def missing_here(self) -> str:
        """The same of this machine alone."""
        return _libraries() or self._refused() or self._absent() or _device()

    def variant(self) -> str:
        """Names the content of the weights on this machine; nothing, if they are not all here."""
        return "" if self._absent() else _weights().revision([*_ids(self.backbone), *self.on_top])

    def elsewhere(self) -> str:
        """The engine's revision with the worker that would make it, be it there or away; nothing, if it is made here or
        nowhere."""
        stock = self._stock()
        return stock.engines[self.engine].revision if stock else ""

    def adapter_contents(self, params: GenerateShotParams) -> tuple[str, ...]:
        """Names the content of the adapters that a call asks for.

        Raises:
            Rejected: `licence`, if the settings here refuse one.
        """
        asked = [use.adapter for use in params.adapters]
        for name in asked:
            _must_be_allowed(name)
        stock = self._stock() if asked else None
        return tuple(stock.adapters.get(name, "") if stock else _weights().revision([name]) for name in asked)

    def _stock(self) -> Stock | None:
        """Of the worker that would make it, or would if it came back."""
        if not self.missing_here() or self._refused():
            return None
        return left_to().last_ready(self.engine)

    def _absent(self) -> str:
        weights = _weights()
        names = [self.backbone] if weights.missing(_ids(self.backbone)) else []
        names += [name for name in self.on_top if not weights.installed(name)]
        return f"its weights: vibeboard models pull {' '.join(names)}" if names else ""

    def _refused(self) -> str:
        licences = [component.licence for component in backbones()[self.backbone].components]
        licences += [adapters()[name].licence for name in self.on_top]
        settings = Settings()
        return next(filter(None, (refusal(licence, settings) for licence in licences)), "")


def stock_here() -> Stock:
    """What a worker on this machine can do."""
    return Stock(
        engines={engine.name: _stand(engine) for engine in registry().values() if engine.backbone},
        adapters={name: content for name in adapters() if (content := _content(name))},
    )


def _stand(engine: Engine) -> EngineStock:
    try:
        return EngineStock(missing=engine.missing_here(), revision=engine.revision_here)
    except FaultError as error:  # of weights that are damaged
        return EngineStock(missing=str(error))


def _content(adapter: str) -> str:
    try:
        return _weights().revision([adapter])
    except FaultError:
        return ""


def _must_be_allowed(adapter: str) -> None:
    if adapter in adapters() and (reason := refusal(adapters()[adapter].licence, Settings())):
        raise Rejected("licence", f"adapters: {adapter}: {reason}")


def _ids(backbone: str) -> list[str]:
    return [component.id for component in backbones()[backbone].components]


def _weights() -> Weights:
    return Weights(Settings().models_folder)


def _libraries() -> str:
    absent = [name for name in _LIBRARIES if find_spec(name) is None]
    return f"{', '.join(absent)}: pip install 'vibeboard[gpu]'" if absent else ""


def _device() -> str:
    if Settings().device == "cpu":
        return ""
    if not shutil.which("nvidia-smi"):
        return "a CUDA device (VIBEBOARD_DEVICE=cpu runs it on the processor, hours a shot)"
    if version("torch").endswith("+cpu"):
        return f"a torch that knows CUDA; {version('torch')} is the one for processors"
    return ""
