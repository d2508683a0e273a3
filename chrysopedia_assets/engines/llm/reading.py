"""From a model's text to a reply that can be used, or to the one named reason why not.

What belongs here: taking a reply out of its wrapping, and judging it. What does not: mending. A reply that was cut off
is never closed by code: a bracket in the right place hides what is missing.
"""

import json
import re
from itertools import islice
from typing import Any, cast

from pydantic import ValidationError

from chrysopedia_assets.errors import (
    ReplyDeclined,
    ReplyEmpty,
    ReplyMisshapen,
    ReplyNotJson,
    ReplyRefused,
    ReplyShort,
    ReplyTruncated,
)
from chrysopedia_assets.models.calls import Completion
from chrysopedia_assets.stages.ports import Question, ReplyT

MAX_OPENINGS = 20
"""How many places are tried at which a JSON object might begin."""
MAX_COMPLAINTS = 8
MAX_TOLD_CHARS = 2_000
"""Of what is wrong with a reply: it quotes the reply, and is sent again, stored and shown."""
_THOUGHT = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)


_OPENING = re.compile(r"\{(\s*\")?")
"""A brace with a quotation mark after it begins JSON; any other may stand in prose."""


def read_reply(question: Question[ReplyT], completion: Completion) -> ReplyT:
    """The reply, if its question has no complaint. Raises one of the ReplyRefused."""
    if completion.refusal or completion.finish_reason == "content_filter":
        told = completion.refusal or "its provider's filter stopped it"
        raise _refused(ReplyDeclined, question, f"the model declines: {told}")
    text = without_thoughts(completion.text).strip()
    if not text:
        raise _refused(ReplyEmpty, question, f"nothing visible came back{_spent(completion)}")
    if completion.finish_reason == "length":
        raise _refused(ReplyTruncated, question, f"the reply was cut off{_spent(completion)}")
    found = json_object(text)
    if found is None:
        raise _refused(ReplyNotJson, question, "there is no JSON object in the reply")
    reply = _shaped(question, found)
    wrong = question.complaints(reply)
    if not wrong:
        return reply
    kind = ReplyShort if question.rest(reply) else ReplyRefused
    raise _refused(kind, question, "; ".join(wrong[:MAX_COMPLAINTS]))


def usable_part(
    question: Question[ReplyT], completion: Completion
) -> tuple[ReplyT, Question[ReplyT]] | None:
    """Of a reply that `read_reply` found short: what of it can be used, and the question about the rest."""
    found = json_object(without_thoughts(completion.text))
    return question.rest(_shaped(question, found)) if found is not None else None


def without_thoughts(text: str) -> str:
    """What is meant to be seen. Some servers leave out where the thinking begins, or it never ends.

    In one pass: with patterns over whole thoughts, a reply that only opens them takes minutes.
    """
    if _is_object(text):
        return text  # what looks like a thought in it is speech about such tags
    seen: list[str] = []
    at, thinking = 0, False
    for tag in _THOUGHT.finditer(text):
        if not tag[1] and not thinking:
            seen.append(text[at : tag.start()])
            thinking = True
        elif tag[1]:
            seen = seen if thinking else []
            at, thinking = tag.end(), False
    return "".join(seen if thinking else [*seen, text[at:]])


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def json_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in a text, whatever stands around it; never a part of one that is broken."""
    decoder = json.JSONDecoder()
    for opening in islice(_OPENING.finditer(text), MAX_OPENINGS):
        try:
            found, _ = decoder.raw_decode(text, opening.start())
        except (ValueError, RecursionError):
            if opening[1]:
                return None
            continue
        return cast(dict[str, Any], found)
    return None


def _shaped(question: Question[ReplyT], found: dict[str, Any]) -> ReplyT:
    try:
        return cast(ReplyT, question.reply.model_validate(found))
    except ValidationError as error:
        wrong = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise _refused(ReplyMisshapen, question, "; ".join(wrong[:MAX_COMPLAINTS])) from error


def _spent(completion: Completion) -> str:
    return f", after {completion.tokens_out} tokens" if completion.tokens_out else ""


CURES: dict[type[ReplyRefused], str] = {
    ReplyTruncated: "Raise max_output_tokens of its prompt.",
    ReplyEmpty: "Raise max_output_tokens of its prompt: a model that thinks needs room for both.",
    ReplyNotJson: "Try another model, or one whose server enforces a JSON schema.",
    ReplyMisshapen: "Try another model, or one whose server enforces a JSON schema.",
    ReplyDeclined: "Read what is said there; try another model.",
    ReplyShort: "Run it again, or try a stronger model.",
    ReplyRefused: "Run it again, or try a stronger model.",
}


def _refused(kind: type[ReplyRefused], question: Question[ReplyT], what: str) -> ReplyRefused:
    return kind(
        f"{question.task} of {question.subject}: {what[:MAX_TOLD_CHARS]}",
        where=question.given.video.video_id,
        cure=CURES[kind],
    )
