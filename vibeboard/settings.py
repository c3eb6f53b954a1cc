"""What a person can set, from the environment: `VIBEBOARD_MODELS=/data/models`, `VIBEBOARD_DEVICE=cpu`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Sizes in GiB, times in seconds. An empty `device` takes CUDA if it is there, else the CPU; memory that is not
    set is measured (a container's limit counts)."""

    model_config = SettingsConfigDict(env_prefix="VIBEBOARD_", frozen=True)

    models: Path = Field(Path("~/.cache/vibeboard/models"), description="Folder of the weights")
    noncommercial: bool = Field(False, description="Allow weights whose licence forbids commercial use")
    device: str = Field("", description="cpu, cuda or cuda:N")
    device_gib: float | None = Field(None, gt=0, description="Device memory to use at most")
    host_gib: float | None = Field(None, gt=0, description="Host memory for weights at most")
    idle_unload_s: float = Field(900.0, ge=0, description="Unload the device when it had no work for so long")
    age_cap_s: float = Field(900.0, gt=0, description="After so long a job no longer makes way for newer ones")

    @property
    def models_folder(self) -> Path:
        return self.models.expanduser()
