"""The service keeps to its OpenAPI document, whatever is sent: schemathesis makes requests of it, right ones and wrong
ones, and looks at the answers. `VIBEBOARD_FUZZ_EXAMPLES` says how many it makes up for each operation."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import CacheConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.service.conftest import SCRIPT, Server, issued, serving

EXAMPLES = int(os.environ.get("VIBEBOARD_FUZZ_EXAMPLES", "4"))
NEVER_ENDS = "follow_thread"
"""Server-sent events of a film that is there: tests/live follows them."""
UPLOADS = {"upload_asset", "upload_script"}
"""Whatever is sent as a file is one, so that nothing in their forms is wrong by the document."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    allow_header_conformance,
]
MADE_UP = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)


def schema_of(server: Server, headers: dict[str, str]):
    config = SchemathesisConfig(cache=CacheConfig(enabled=False))
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json", config=config)
    schema.config.update(headers=headers)
    schema.config.generation.update(allow_extra_parameters=False, with_security_parameters=False)
    return schema


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The document of a service for the person at its machine. No worker: nothing that is asked for is rendered."""
    with serving(tmp_path_factory.mktemp("alone") / "home", "--no-workers") as server:
        yield schema_of(server, {})


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("shared") / "home"
    with serving(home, "--no-workers", "--tokens", VIBEBOARD_RATE_PER_MINUTE="1000000") as server:
        yield server


@pytest.fixture(scope="module")
def anna(shared) -> dict[str, str]:
    return {"Authorization": f"Bearer {issued(shared, 'anna')}"}


@pytest.fixture(scope="module")
def with_token(shared, anna):
    return schema_of(shared, anna)


@pytest.fixture(scope="module")
def there(shared, anna) -> dict[str, object]:
    """Path parameters that lead to something: a film with a script, an edit, a breakdown, an episode and an asset."""
    with shared.client(**anna) as client:
        episode = client.post("/api/episodes", json={"script": SCRIPT, "plan_only": True}).json()
        film = f"/api/projects/{episode['project_id']}"
        closer = {"kind": "size", "scene_id": "1", "shot_id": "1A", "size": "CU"}
        client.post(f"{film}/edits", json=closer, headers={"If-Match": "*"}).raise_for_status()
        client.post("/api/agent/breakdown", json={"project_id": episode["project_id"]}).raise_for_status()
        asset = client.post(f"{film}/assets", files={"file": ("notes.txt", b"The kettle is red.")}).json()
    ids = {"project_id": episode["project_id"], "episode_id": episode["id"], "run_id": episode["run_id"]}
    return {**ids, "sha256": asset["sha256"], "shot_id": "1A", "number": 1, "other": 1}


def sent(case) -> None:
    """Send it, and look at the answer. What nobody makes here is not waited for."""
    if "wait" in (case.query or {}):
        case.query["wait"] = 0
    is_upload = case.operation.definition.raw["operationId"] in UPLOADS
    checks = CHECKS if is_upload else [*CHECKS, negative_data_rejection]
    case.call_and_validate(checks=checks, timeout=60)


def try_out(operation, mode: GenerationMode, change: Callable[..., None]) -> None:
    @MADE_UP
    @given(case=operation.as_strategy(generation_mode=mode))
    def trial(case) -> None:
        change(case)
        sent(case)

    try:
        trial()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "the document allows no request"


@pytest.mark.parametrize("mode", GenerationMode)
def test_whatever_is_sent_is_answered_as_the_document_says(alone, mode, subtests):
    for found in alone.get_all_operations():
        operation = found.ok()
        with subtests.test(operation.label):
            try_out(operation, mode, lambda case: None)


@pytest.mark.parametrize("mode", GenerationMode)
def test_so_it_is_at_a_film_that_is_there(with_token, there, mode, subtests):
    def lead(case) -> None:
        case.path_parameters.update({name: there[name] for name in case.path_parameters if name in there})

    leading = with_token.include(path_regex="{").exclude(operation_id=[NEVER_ENDS, "delete_project"])
    for found in leading.get_all_operations():
        operation = found.ok()
        with subtests.test(operation.label):
            try_out(operation, mode, lead)


@pytest.mark.parametrize("text", [r"a\u0000b", r"\ud800", r"\udfff and more"])
def test_no_text_has_a_character_that_cannot_be_kept(client, film, text):
    body = f'{{"name": "{text}"}}'.encode()
    answer = client.post("/api/projects", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_character")
    assert "body.name: leave out the character U+" in answer.json()["detail"]
    begun = client.post("/api/projects", json={"name": "Ärger 🎬"})
    assert begun.json()["name"] == "Ärger 🎬"


@pytest.mark.parametrize("depth", [100, 900, 100_000])
def test_however_deep_a_body_is_nested_it_is_answered(client, depth):
    body = b"[" * depth + b"]" * depth
    answer = client.post("/api/projects", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("after", ["9223372036854775808", "9" * 200, "-1", "²", "next"])
def test_a_number_that_no_page_ends_with_is_no_fault_of_ours(client, film, after):
    for listed in ("/api/episodes", "/api/projects", f"{film}/scripts", f"{film}/elements", f"{film}/jobs"):
        assert client.get(listed, params={"after": after}).status_code == 200, listed
    assert client.get(f"/api/threads/{film.rpartition('/')[2]}/log", params={"since": 2**31}).status_code == 422


def test_a_wrong_method_is_told_all_that_there_are(client, film):
    answer = client.put(film, json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, PATCH")
    assert client.get(f"{film}/").status_code == 404
