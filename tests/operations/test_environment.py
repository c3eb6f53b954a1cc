"""`.env.example` is what the settings say, shows no secret, and changes nothing when it is taken over."""

from __future__ import annotations

from pathlib import Path

from dotenv import dotenv_values
from pydantic import SecretStr

from api.environment import COMPOSE, example, variable
from vibeboard.settings import Settings

ROOT = Path(__file__).parents[2]
LINES = (ROOT / ".env.example").read_text().splitlines()


def values(tmp_path, text: str) -> dict[str, str | None]:
    (tmp_path / ".env").write_text(text)
    return dotenv_values(tmp_path / ".env", interpolate=False)


def test_the_example_is_what_the_settings_say():
    assert (ROOT / ".env.example").read_text() == example(), "run scripts/reference"


def test_every_setting_is_there_once_and_described():
    wanted = [variable(name, field) for name, field in Settings.model_fields.items()] + list(COMPOSE)
    shown = [line.removeprefix("# ").partition("=")[0] for line in LINES if line.startswith(("# VIBE", "# POSTGRES"))]
    assert sorted(shown) == sorted(wanted)
    for number, line in enumerate(LINES):
        if line.startswith(("# VIBE", "# POSTGRES")):
            assert LINES[number - 1].startswith("# ")
            assert "=" not in LINES[number - 1].partition(" ")[2].partition(" ")[0]


def test_a_copy_changes_nothing(tmp_path):
    assert values(tmp_path, "\n".join(LINES)) == {}


def test_the_values_shown_are_the_defaults(tmp_path, monkeypatch):
    before = Settings()
    shown = "\n".join(line.removeprefix("# ") for line in LINES if line.startswith("# VIBEBOARD_"))
    for name, value in values(tmp_path, shown).items():
        if value:
            monkeypatch.setenv(name, value)
    assert Settings() == before


def test_no_secret_is_shown(monkeypatch):
    monkeypatch.setattr(Settings.model_fields["s3_secret"], "default", SecretStr("hush"))
    assert "hush" not in example()


def test_what_belongs_together_stays_together():
    groups = "\n".join(LINES).split("\n\n")
    assert any("VIBEBOARD_DATABASE" in group and "VIBEBOARD_S3_SECRET" in group for group in groups)
    assert not any("VIBEBOARD_DATABASE" in group and "VIBEBOARD_LLM_MODEL" in group for group in groups)
