"""What `/openapi.json` promises: valid, whole, with an example and every problem code at each operation."""

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from typer.testing import CliRunner

from surehold.app.cli import build
from surehold.app.docs import all_problems
from surehold.app.docs.operations import body_type
from surehold.app.routing import handlers_of
from surehold.modules.identity import Address
from surehold.platform.http import Policy
from surehold.platform.realtime.websocket import Subscribe, Unsubscribe

Operation = dict[str, Any]


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def resolved(document: dict[str, Any], thing: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in thing:
        found: Any = document
        for part in thing["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        thing = found
    return thing


def validate(document: dict[str, Any], schema: dict[str, Any], instance: Any) -> None:
    whole = {**schema, "components": document["components"]}
    jsonschema.validate(instance, whole, cls=jsonschema.Draft202012Validator)


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_route_states_its_policy() -> None:
    without = [
        sorted(handler.paths) for handler in handlers_of(()) if not isinstance(handler.opt.get("policy"), Policy)
    ]
    assert without == []


def test_every_route_is_described(document: dict[str, Any]) -> None:
    count = sum(len(handler.http_methods) * len(handler.paths) for handler in handlers_of(()))
    beside = {"/healthz", "/readyz", "/metrics", "/v1/events", "/v1/ws"}
    described = [path for _, path, _ in operations(document)]
    assert beside <= set(described)
    assert len(described) == count + len(beside)
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)


def test_every_operation_says_what_it_is(document: dict[str, Any]) -> None:
    known = {tag["name"] for tag in document["tags"]}
    for method, path, operation in operations(document):
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
        assert set(operation["tags"]) <= known, (method, path)
        assert "security" in operation, (method, path)


def test_every_body_and_every_answer_has_an_example_that_fits(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        contents = [operation["requestBody"]["content"]] if "requestBody" in operation else []
        answers = [resolved(document, answer) for answer in operation["responses"].values()]
        for content in [*contents, *(answer.get("content", {}) for answer in answers)]:
            for kind, media in content.items():
                examples = [{"value": media["example"]}] if "example" in media else list(media["examples"].values())
                assert examples, (method, path)
                for example in examples:
                    if "value" in example:
                        validate(document, media["schema"], example["value"])
                    else:  # bytes: their example is where to find some
                        assert "json" not in kind, (method, path)
                        assert example["externalValue"].startswith("/"), (method, path)


def test_every_parameter_and_every_header_has_an_example_that_fits(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        answers = [resolved(document, answer) for answer in operation["responses"].values()]
        headers = [(name, header) for answer in answers for name, header in answer.get("headers", {}).items()]
        parameters = [(parameter["name"], parameter) for parameter in operation.get("parameters", [])]
        for name, described in [*parameters, *headers]:
            assert described.get("example") is not None, (method, path, name)
            validate(document, described["schema"], described["example"])


def test_the_websocket_is_described_with_what_goes_over_it(document: dict[str, Any]) -> None:
    operation = document["paths"]["/v1/ws"]["get"]
    messages = operation["responses"]["101"]["content"]["application/json"]
    said = {name: example["value"] for name, example in messages["examples"].items()}
    assert {"subscribe", "unsubscribe", "subscribed", "hint", "resync", "beat", "end", "error"} == set(said)
    for name in ("subscribe", "unsubscribe"):
        msgspec.json.decode(msgspec.json.encode(said[name]), type=Subscribe | Unsubscribe)
    with pytest.raises(jsonschema.ValidationError):
        validate(document, messages["schema"], {"kind": "error", "code": "NOT_OURS"})


async def test_the_websocket_without_an_upgrade_answers_as_described(
    client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    answer = await client.get("/v1/ws")
    described = resolved(document, document["paths"]["/v1/ws"]["get"]["responses"][str(answer.status_code)])
    assert (answer.status_code, answer.headers["content-type"]) == (426, "application/problem+json")
    validate(document, described["content"]["application/problem+json"]["schema"], answer.json())


def test_request_examples_are_accepted_by_the_decoder() -> None:
    for handler in handlers_of(()):
        type_ = body_type(handler)
        if type_ is not None:
            msgspec.json.decode(msgspec.json.encode(type_.example), type=type_)


def test_every_refusal_is_a_problem_document_with_its_codes(document: dict[str, Any]) -> None:
    known = {item.code: item for item in all_problems()}
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) < 400 or path == "/readyz":
                continue
            content = resolved(document, answer)["content"]
            assert list(content) == ["application/problem+json"], (method, path, status)
            codes = content["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"]
            assert codes, (method, path, status)
            assert {known[code].status for code in codes} == {int(status)}, (method, path, status)


def test_headers_are_stated_where_handlers_demand_them(document: dict[str, Any]) -> None:
    for handler in handlers_of(()):
        for method, path, operation in operations(document):
            if operation["operationId"] != handler.operation_id:
                continue
            required = {p["name"] for p in operation.get("parameters", []) if p["in"] == "header" and p["required"]}
            assert ("Idempotency-Key" in required) == handler.opt["idempotency_key"], (method, path)
            assert ("If-Match" in required) == handler.opt["if_match"], (method, path)
            assert ("{" in path) <= ("404" in operation["responses"]), (method, path)
            sent = operation.get("requestBody", {}).get("content", {})
            refusals = {"400", "413", "415"} if "application/json" in sent else {"413"} if sent else set[str]()
            assert refusals <= set(operation["responses"]), (method, path)


def test_whole_numbers_are_bounded_on_the_way_in(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for parameter in operation.get("parameters", []):
            schema = parameter["schema"]
            if schema.get("type") == "integer":
                assert {"minimum", "maximum"} <= set(schema), (method, path, parameter["name"])
            if schema.get("type") == "string" and parameter["in"] == "query":
                bounded = {"maxLength", "pattern", "format", "enum"} & set(schema)
                assert bounded, (method, path, parameter["name"])


def test_the_command_prints_it(document: dict[str, Any]) -> None:
    printed = CliRunner().invoke(build(["openapi"]), ["openapi"])
    assert printed.exit_code == 0
    said = msgspec.json.decode(printed.output)
    assert said["paths"] == document["paths"]


async def test_it_is_served(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    answer = await client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == msgspec.to_builtins(document)


@pytest.mark.parametrize("path", ["/docs", "/docs/problems"])
async def test_pages_need_nothing_from_elsewhere(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    assert "https://" not in page.text
    assert "<script>" not in page.text
    assert "style=" not in page.text
    own = [part.split('"', 1)[0] for part in page.text.split("/docs/assets/")[1:]]
    assert own
    for name in own:
        asset = await client.get(f"/docs/assets/{name}")
        assert asset.status_code == 200, name
        assert asset.content


async def test_no_other_file_is_served(client: httpx.AsyncClient) -> None:
    for name in ("index.html", "..%2F__init__.py", "%2e%2e%2fpages.py"):
        assert (await client.get(f"/docs/assets/{name}")).status_code == 404


async def test_every_code_is_explained(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    page = (await client.get("/docs/problems")).text
    for item in all_problems():
        assert f'id="{item.code}"' in page
        assert item.meaning
        assert item.remedy


def test_an_address_of_a_checkout_has_the_bounds_of_a_saved_one(document: dict[str, Any]) -> None:
    """Its country's rules are checked on the saved address's type."""
    schemas = document["components"]["schemas"]
    (asked,) = [
        schema for name, schema in schemas.items() if name.endswith("AddressIn") and "line1" in schema["properties"]
    ]
    (saved,) = msgspec.json.schema_components([Address])[1].values()
    bounds = ("minLength", "maxLength")
    for name, field in saved["properties"].items():
        assert [asked["properties"][name].get(b) for b in bounds] == [field.get(b) for b in bounds], name
