"""How a request is written: the strict subset of schemas, what is learned from a refusal, what a poorer server is told."""

import itertools
import json
from typing import Any

import pytest

from chrysopedia_assets.models.calls import Dialect, Message
from chrysopedia_assets.models.prompts import PROMPT_NAMES, PromptName
from resources.clients.llm.dialect import body, learned, strict
from resources.settings import OURS
from tests.fakes.calling import request, request_of
from tests.fakes.questions import QUESTIONS

BEST = Dialect()
SCHEMA_TOLD = "has to match this JSON schema"

REFUSALS = {
    "openai, reasoning models": (
        "(400) Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        Dialect(budget_field="max_completion_tokens"),
    ),
    "openai, temperature": (
        "(400) Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
        Dialect(takes_temperature=False),
    ),
    "openai, old models": (
        "(400) Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
        Dialect(reply_format="json_object"),
    ),
    "deepseek": (
        "(400) This response_format type is unavailable now",
        Dialect(reply_format="json_object"),
    ),
    "llama.cpp": (
        "(400) failed to parse grammar",
        Dialect(reply_format="json_object"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("server", REFUSALS)
def test_what_a_server_says_is_heard(server: str) -> None:
    told, better = REFUSALS[server]
    assert learned(BEST, told) == better


@pytest.mark.parametrize("told", ["(400) 'messages' is too odd", "(422) Unprocessable", ""])
def test_words_about_something_else_teach_nothing(told: str) -> None:
    assert learned(BEST, told) is None


def test_nothing_is_learned_twice() -> None:
    poorest = Dialect("text", "max_completion_tokens", takes_temperature=False)
    for told, _ in REFUSALS.values():
        assert learned(poorest, told) is None


def test_formats_get_simpler_step_by_step() -> None:
    told, _ = REFUSALS["deepseek"]
    second = learned(BEST, told)
    assert second is not None
    third = learned(second, told)
    assert (second.reply_format, third and third.reply_format) == ("json_object", "text")


@pytest.mark.parametrize("order", list(itertools.permutations(REFUSALS)))
def test_learning_ends_whatever_the_order(order: tuple[str, ...]) -> None:
    dialect, steps = BEST, 0
    for server in order * 3:
        better = learned(dialect, REFUSALS[server][0])
        dialect, steps = better or dialect, steps + (better is not None)
    assert dialect == Dialect("text", "max_completion_tokens", takes_temperature=False)
    assert steps == 4


def test_the_best_dialect_holds_the_reply_to_its_schema() -> None:
    sent = body(request(), BEST)
    named = sent["response_format"]["json_schema"]
    assert (named["name"], named["strict"]) == ("extraction", True)
    assert (sent["max_tokens"], sent["temperature"]) == (100, 0.2)
    assert SCHEMA_TOLD not in json.dumps(sent["messages"])


@pytest.mark.parametrize("reply_format", ["json_object", "text"])
def test_who_does_not_enforce_a_schema_is_told_it(reply_format: Any) -> None:
    sent = body(request(), Dialect(reply_format))
    system, user = sent["messages"]
    assert system["content"].startswith("You answer with JSON.")
    assert SCHEMA_TOLD in system["content"]
    assert json.loads(json.dumps(user)) == {"role": "user", "content": "Which?"}
    assert sent.get("response_format") == (
        {"type": "json_object"} if reply_format == "json_object" else None
    )


def test_a_schema_in_a_prompt_is_json() -> None:
    sent = body(request(), Dialect("text"))
    told = sent["messages"][0]["content"].partition(f"{SCHEMA_TOLD}:\n")[2]
    assert json.loads(told) == strict(request().reply_schema)


def test_a_model_that_thinks_is_held_to_no_format_and_told_the_schema() -> None:
    sent = body(request(thinks=True), BEST)
    assert "response_format" not in sent
    assert SCHEMA_TOLD in sent["messages"][0]["content"]


def test_later_messages_are_sent_as_they_are() -> None:
    said = (
        *request().messages,
        Message(role="assistant", content="No."),
        Message(role="user", content="Again."),
    )
    sent = body(request(messages=said), Dialect("text"))
    assert [message["content"] for message in sent["messages"][1:]] == ["Which?", "No.", "Again."]


def test_what_a_server_does_not_take_is_not_sent() -> None:
    sent = body(request(), Dialect("json_schema", "max_completion_tokens", takes_temperature=False))
    assert sent["max_completion_tokens"] == 100
    assert "max_tokens" not in sent
    assert "temperature" not in sent
    assert "temperature" not in body(request(temperature=None), BEST)


@pytest.mark.parametrize("task", PROMPT_NAMES)
def test_the_schema_of_every_reply_is_in_the_strict_subset(task: PromptName) -> None:
    """The rules of OpenAI's strict mode, looked for in every object wherever it stands."""
    schema = strict(QUESTIONS[task].reply.model_json_schema())
    objects = list(objects_in(schema))
    assert objects
    for found in objects:
        assert found["additionalProperties"] is False
        assert found["required"] == list(found["properties"])
    text = json.dumps(schema)
    for bound in ("minLength", "maxLength", "minItems", "minimum", '"default"'):
        assert bound not in text


def test_a_field_may_be_named_like_a_bound() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string", "title": "Title"}}}
    assert strict(schema)["properties"] == {"title": {"type": "string"}}


def test_choices_keep_their_words() -> None:
    schema = strict(request_of(QUESTIONS["extraction"]).reply_schema)
    assert "settings" in json.dumps(schema)


def objects_in(schema: Any) -> "list[dict[str, Any]]":
    if isinstance(schema, list):
        return [found for part in schema for found in objects_in(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + [found for part in schema.values() for found in objects_in(part)]


@pytest.mark.parametrize("told", [BEST, *(found for _, found in REFUSALS.values())])
def test_no_field_that_we_write_may_be_set_by_hand(told: Dialect) -> None:
    assert body(request(), told).keys() <= OURS
