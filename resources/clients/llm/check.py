"""Whether a server can be worked with, found out by one cheap call."""

from typing import Any

from chrysopedia_assets.errors import ChrysopediaError, ModelNotFound
from chrysopedia_assets.models.calls import Label, Message, Request
from resources.clients.llm.caller import Caller, Server
from resources.clients.llm.prices import is_known

TIMEOUT_S = 60.0
MAX_OUTPUT_TOKENS = 2_000
"""Room for a model that thinks, whether it was asked to or not."""
READY = 'Answer with {"ready": true}.'
_SCHEMA: dict[str, Any] = {"type": "object", "properties": {"ready": {"type": "boolean"}}}


async def check(caller: Caller, server: Server, model: str) -> str:
    """In words: who answered, how fast, held to what format, at what price. Raises what a call raises."""
    request = Request(
        model=model,
        messages=(
            Message(role="system", content="You answer with JSON."),
            Message(role="user", content=READY),
        ),
        schema_name="check",
        reply_schema=_SCHEMA,
        max_output_tokens=MAX_OUTPUT_TOKENS,
    )
    label = Label("check", "(doctor)", f"check of {model}", "", TIMEOUT_S)
    caller.forget(server.endpoint, model)  # a server that has learned something since is seen anew
    try:
        reply = await caller.probe(server, request, label)
    except ModelNotFound as error:
        listed = ", ".join(await _listing(server, model))
        raise ModelNotFound(f"{error.what} ({listed})", cure=error.cure) from None
    known = caller.price is not None or is_known(model, server.endpoint.base_url)
    dialect = await caller.dialect(server.endpoint, model)
    facts = [
        f"{model} at {server.endpoint.name} answers in {reply.latency_s:.1f} s",
        f"replies held to {dialect.reply_format}",
        "price known" if known else "price unknown (CHRYSOPEDIA_LLM_PRICE sets it)",
        *([] if reply.completion.text.strip() else ["the reply was empty"]),
        *await _listing(server, model),
    ]
    return ", ".join(facts)


async def _listing(server: Server, model: str) -> list[str]:
    """Some servers answer under any name; the list shows what they really have."""
    try:
        names = await server.endpoint.models(TIMEOUT_S)
    except ChrysopediaError:
        return ["it lists no models"]
    if model in names:
        return []
    return [f"it lists only {', '.join(sorted(names)[:8]) or 'none'}"]
