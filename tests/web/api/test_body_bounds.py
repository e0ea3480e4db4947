"""Bodies of the API have a bounded number of values, whatever these are."""

import json

import pytest
from pydantic import ValidationError

from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.web.api.schemas import directive_acts as schemas
from ioc.web.api.schemas.base import ApiModel
from ioc.web.errors.codes import ApiCode
from tests.storage.directives.cases import START
from tests.web.api.test_directive_api import DOCUMENT, Site, site

__all__ = ["site"]
MANY = {
    "objects": b'{"tasks": [' + b"{}," * 349_000 + b"{}]}",
    "numbers": b'{"tasks": [' + b"1," * 500_000 + b"1]}",
    "members": json.dumps({f"a{number}": 1 for number in range(1_000)}).encode(),
}


@pytest.mark.parametrize("body", MANY.values(), ids=MANY)
@pytest.mark.parametrize("path", ["documents", "acts"])
def test_body_of_nothing_but_small_values_reaches_no_schema(
    site: Site, path: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error for each of them takes seconds in which no other thread has a turn, and gigabytes."""
    monkeypatch.setattr(ApiModel, "model_validate_json", None)
    answer = site.client.post(f"/api/v1/directives/{path}", data=body, content_type="application/json")
    code = ApiCode.BAD_REQUEST if b'"a1"' in body else ApiCode.TOO_MANY_VALUES
    assert (answer.status_code, answer.get_json()["code"]) == (400, code)
    site.principal = Principal(PrincipalKind.USER, "an", roles=frozenset({Role.REPORTER}))
    answer = site.client.post(f"/api/v1/directives/{path}", data=body, content_type="application/json")
    assert answer.status_code == 403  # it is not looked at


def test_document_of_as_many_values_as_its_schema_allows_is_taken(site: Site) -> None:
    tasks = [
        {
            "external_id": f"{n}",
            "title": "x",
            "lead": "a",
            "assigned_on": START.isoformat(),
            "coordinating": ["b"] * 200,
        }
        for n in range(500)
    ]
    status, body = site.post("documents", DOCUMENT | {"tasks": tasks})
    assert body.get("code") not in (ApiCode.TOO_MANY_VALUES, ApiCode.BAD_REQUEST), (status, body)


@pytest.mark.parametrize("field", ["tasks", "parents", "coordinating"])
def test_list_of_wrong_values_has_one_error(field: str) -> None:
    task = {"coordinating": [1] * 500} if field == "coordinating" else {}
    body = {"tasks": [task] * 500, "parents": [1] * 500}
    with pytest.raises(ValidationError) as error:
        schemas.DocumentUpsert.model_validate_json(json.dumps(body), strict=True)
    assert error.value.error_count() < 20
