from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from gpu_runtime.catalog.declare import backbones
from gpu_runtime.engine import Engine, registry
from tests.wan.driver import TinyRun
from tests.wan.tiny import install
from tools.generate_shot import GenerateShotParams
from vibeboard.camera import CameraKey, CameraPath
from vibeboard.screenplay import IntExt, TimeOfDay
from vibeboard.stage import Figure, Mark, SetKind, Stage
from vibeboard.timing import Rate

torch.set_num_threads(1)

NEAR = Figure(id="near", name="NEAR", colour=(0.8, 0.3, 0.3), marks=(Mark(frame=0, x=-0.5, z=1.2, yaw=0),))
FAR = Figure(
    id="far",
    name="FAR",
    colour=(0.3, 0.4, 0.8),
    marks=(Mark(frame=0, x=0.8, z=-1.5), Mark(frame=16, x=0.4, z=-1.5)),
)
STAGE = Stage(set_kind=SetKind.ROOM, int_ext=IntExt.INT, time=TimeOfDay.DAY, dressing_seed=3, figures=(NEAR, FAR))
CAMERA = CameraPath(
    keys=(
        CameraKey(frame=0, position=(0.0, 1.5, 3.6), target=(0.0, 1.1, 0.0), focal_mm=24),
        CameraKey(frame=16, position=(0.2, 1.5, 3.4), target=(0.0, 1.1, 0.0), focal_mm=24),
    )
)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny weights of every backbone."""
    folder = tmp_path_factory.mktemp("models")
    for name, backbone in backbones().items():
        if name.startswith("wan"):
            install(backbone.id, folder)
    return folder


@pytest.fixture
def params_of() -> Callable[..., GenerateShotParams]:
    """A shot that is legal on an engine: 9 frames in two steps, unless told otherwise."""

    def build(engine: Engine, **changes: object) -> GenerateShotParams:
        asked: dict[str, object] = {
            "prompt": "Two people  talk in a room &amp; wait",
            "stage": STAGE,
            "camera": CAMERA,
            "frames": 9,
            "fps": engine.limits.fps or Rate(num=24),
            "width": 96,
            "height": 64,
            "seed": 7,
            "steps": 2,
        }
        return GenerateShotParams.model_validate({**asked, **changes})

    return build


@pytest.fixture
def run_of(models: Path, tmp_path: Path) -> Callable[..., TinyRun]:
    def build(engine: str, dtype: torch.dtype = torch.float32) -> TinyRun:
        return TinyRun(registry()[engine], models, tmp_path, dtype)

    return build


@pytest.fixture
def still() -> Callable[..., Image.Image]:
    """A picture in which every pixel is its own."""

    def build(width: int = 96, height: int = 64, seed: int = 0) -> Image.Image:
        noise = torch.randint(0, 256, (height, width, 3), generator=torch.Generator().manual_seed(seed))
        return Image.fromarray(noise.to(torch.uint8).numpy())

    return build


@pytest.fixture
def png() -> Callable[[Image.Image], bytes]:
    def encode(image: Image.Image) -> bytes:
        data = io.BytesIO()
        image.save(data, "PNG")
        return data.getvalue()

    return encode
