"""The OpenAPI document: what FastAPI makes of the routes, with the token and the problem documents that all of them
share."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from api.problems import COMPONENTS, Problem

_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "Whom only the person at this machine can reach needs none.",
}


class DocumentedApp(FastAPI):
    """An app whose answers to errors are problem documents: FastAPI would have them be `application/json`."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            components = document.setdefault("components", {})
            components["schemas"] = dict(sorted({**components.get("schemas", {}), **_problem()}.items()))
            components["securitySchemes"] = {"token": _BEARER}
            document["security"] = [{"token": []}, {}]
        assert self.openapi_schema is not None
        return self.openapi_schema


def _problem() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template=f"{COMPONENTS}{{model}}")
    return {**schema.pop("$defs"), Problem.__name__: schema}
