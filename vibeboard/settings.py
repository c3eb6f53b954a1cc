"""What a person can set, from the environment: `VIBEBOARD_MODELS=/data/models`, `VIBEBOARD_DEVICE=cpu`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _device(name: str) -> str:
    if not re.fullmatch(r"(cpu|cuda(:\d+)?)?", name):
        raise ValueError("cpu, cuda, or cuda:1 and so on")
    return name


class Settings(BaseSettings):
    """Sizes in GiB, times in seconds. An empty `device` takes CUDA if it is there, else the CPU; memory that is not
    set is measured (a container's limit counts)."""

    model_config = SettingsConfigDict(env_prefix="VIBEBOARD_", frozen=True, populate_by_name=True)

    models: Path = Field(Path("~/.cache/vibeboard/models"), description="Folder of the weights")
    noncommercial: bool = Field(False, description="Allow weights whose licence forbids commercial use")
    device: Annotated[str, AfterValidator(_device)] = Field("", description="cpu, cuda or cuda:N")
    device_gib: float | None = Field(None, gt=0, description="Device memory to use at most")
    host_gib: float | None = Field(None, gt=0, description="Host memory for weights at most")
    idle_unload_s: float = Field(900.0, ge=0, description="Unload the device when it had no work for so long")
    age_cap_s: float = Field(900.0, gt=0, description="After so long a job no longer makes way for newer ones")

    home: Path = Field(Path("~/.local/share/vibeboard"), description="Folder of the service's films")
    episodes_at_once: int = Field(4, ge=1, description="Episodes in hand at once; the others wait in order")

    database: str = Field("", description="Database, postgresql://user@host/name [a file in the film's folder]")
    blobs: str = Field("", description="Where files are kept: a folder or s3://bucket/prefix [the film's folder]")
    s3_endpoint: str = Field("", description="URL of an S3 server that is not Amazon's, such as R2's")
    s3_region: str = Field("auto", description="Its region")
    s3_key_id: SecretStr = Field(SecretStr(""), description="Access key id [what the AWS tools find]")
    s3_secret: SecretStr = Field(SecretStr(""), description="Secret access key")
    store_patience_s: float = Field(120.0, ge=0, description="Wait so long for a database or bucket that is away")
    blob_cache: Path = Field(Path("~/.cache/vibeboard/blobs"), description="Folder of the local copies of S3 files")
    blob_cache_gib: float = Field(50.0, gt=0, description="Its size; what was not read for longest goes first")

    llm_model: str = Field("MiniMax-M3", description="Model of the LLM planner and the director")
    llm_dialect: str = Field("minimax", description="How its server speaks: minimax, openai or local")
    llm_base_url: str = Field("", description="URL of an OpenAI-compatible server, ending in /v1 [the dialect's]")
    llm_key: SecretStr = Field(
        SecretStr(""),
        description="Its key; MINIMAX_API_KEY is taken too",
        validation_alias=AliasChoices("VIBEBOARD_LLM_KEY", "MINIMAX_API_KEY"),
    )
    llm_effort: str = Field("", description="How long it thinks: low, medium, high ... [the model's own]")
    llm_max_tokens: int = Field(16_384, gt=0, description="The longest answer, thinking included")
    llm_idle_s: float = Field(120.0, gt=0, description="A stream that says nothing for so long has stalled")
    llm_price_in: float | None = Field(None, ge=0, description="USD for a million tokens that it reads [the model's]")
    llm_price_out: float | None = Field(None, ge=0, description="USD for a million tokens that it writes")
    llm_budget: float = Field(2.0, ge=0, description="Most that a run may cost, USD; it stops before")
    llm_token_budget: int | None = Field(None, gt=0, description="Most tokens, in and out, that a run may use")

    ask_above_gpu_s: float = Field(60.0, ge=0, description="The chat asks before it uses more seconds of a GPU")
    ask_above_usd: float = Field(0.5, ge=0, description="The chat asks before it spends more, USD")
    ask_above_cpu_s: float | None = Field(None, ge=0, description="Or more seconds of the processor [never]")
    gpu_usd_per_hour: float = Field(0.0, ge=0, description="What an hour of the GPU costs, USD")
    hosted_usd_per_clip: float = Field(0.25, ge=0, description="What a hosted API takes for a clip, to compare, USD")

    worker_token: SecretStr = Field(
        SecretStr(""), description="What callers of vibeboard worker --listen must show; needed beyond loopback"
    )

    fetch_hosts: str = Field(
        "", description="Hosts whose files may be fetched, such as cdn.example,img.example:8443 [none]"
    )
    origins: str = Field(
        "", description="Web pages elsewhere that may call the service: https://studio.example,... [none]"
    )
    rate_per_minute: float = Field(600.0, gt=0, description="Requests of a caller a minute")
    unacked_events: int = Field(1024, ge=1, description="Events that a client may be behind before it is let go")
    upload_mib: float = Field(512.0, gt=0, description="The largest file that is taken, uploaded or fetched, MiB")

    log_format: Literal["text", "json"] = Field("text", description="A log line is text for people, or a JSON object")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged")
    otel_endpoint: str = Field("", description="OTLP collector that is sent traces, http://host:4318 [no traces]")

    @property
    def home_folder(self) -> Path:
        return self.home.expanduser()

    @property
    def models_folder(self) -> Path:
        return self.models.expanduser()

    @property
    def blob_cache_folder(self) -> Path:
        return self.blob_cache.expanduser()
