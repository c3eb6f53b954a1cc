"""What somebody reads who called the service in a wrong way, and finds out from it what to do."""

from __future__ import annotations

import pytest


def test_a_body_that_is_not_said_to_be_json(client):
    refused = client.post("/api/projects", content=b'{"name": "The Kettle"}')
    assert refused.status_code == 422
    assert refused.json()["detail"] == "body: send JSON with the header Content-Type: application/json"
    said = {"Content-Type": "application/json"}
    assert client.post("/api/projects", content=b'{"name": "The Kettle"}', headers=said).status_code == 201


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"nam": "The Kettle"}, "body.name: Field required; body.nam: Extra inputs are not permitted"),
        ({"name": ""}, "body.name: String should have at least 1 character"),
        ([], "body: Input should be a valid dictionary or object to extract fields from"),
    ],
)
def test_a_body_with_something_wrong_names_it(client, body, detail):
    refused = client.post("/api/projects", json=body)
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert refused.json()["detail"] == detail
