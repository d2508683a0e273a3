"""How one server wants a request to be written, learned from what it refuses.

What belongs here: pure rules over request bodies and error texts. What does not: sending.
"""

import json
from dataclasses import replace
from typing import Any

from chrysopedia_assets.models.calls import Dialect, Message, ReplyFormat, Request

_BOUNDS = frozenset(
    {"default", "title", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "description"}
)  # fmt: skip
"""Left out of schemas that are sent: servers differ in which they take, and every reply is validated here anyway."""
_FORMAT_WORDS = (
    "response_format",
    "json_object",
    "schema",
    "grammar",
)


def learned(dialect: Dialect, error_text: str) -> Dialect | None:
    """The dialect to try after a server has refused a request with these words; None when they tell of something else."""
    text = error_text.casefold()
    if "max_completion_tokens" in text and dialect.budget_field == "max_tokens":
        return replace(dialect, budget_field="max_completion_tokens")
    if "temperature" in text and dialect.takes_temperature:
        return replace(dialect, takes_temperature=False)
    if any(word in text for word in _FORMAT_WORDS) and dialect.reply_format != "text":
        simpler: ReplyFormat = "json_object" if dialect.reply_format == "json_schema" else "text"
        return replace(dialect, reply_format=simpler)
    return None


def body(request: Request, dialect: Dialect) -> dict[str, Any]:
    """The request as JSON for the server. A model that thinks is not held to a format: it could not think."""
    reply_format = "text" if request.thinks else dialect.reply_format
    messages = [message.model_dump() for message in _told_schema(request, reply_format)]
    found: dict[str, Any] = {
        "model": request.model,
        "messages": messages,
        dialect.budget_field: request.max_output_tokens,
    }
    if request.temperature is not None and dialect.takes_temperature:
        found["temperature"] = request.temperature
    if reply_format == "json_schema":
        schema = strict(request.reply_schema)
        named = {"name": request.schema_name, "strict": True, "schema": schema}
        found["response_format"] = {"type": "json_schema", "json_schema": named}
    elif reply_format == "json_object":
        found["response_format"] = {"type": "json_object"}
    return found


def _told_schema(request: Request, reply_format: ReplyFormat) -> tuple[Message, ...]:
    """A server that does not enforce the schema is told it; at the end of the system text, which is the same every time."""
    if reply_format == "json_schema":
        return request.messages
    system, *others = request.messages
    schema = json.dumps(strict(request.reply_schema))
    told = f"{system.content}\n\nThe JSON object has to match this JSON schema:\n{schema}"
    return Message(role="system", content=told), *others


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema in the subset that every server takes: all fields required, no others, no bounds."""
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _BOUNDS:
            continue
        if key in ("properties", "$defs"):
            found[key] = {name: strict(part) for name, part in value.items()}
        elif isinstance(value, dict):
            found[key] = strict(value)
        elif isinstance(value, list):
            found[key] = [strict(part) if isinstance(part, dict) else part for part in value]
        else:
            found[key] = value
    if "properties" in schema:
        found |= {"required": list(schema["properties"]), "additionalProperties": False}
    return found
