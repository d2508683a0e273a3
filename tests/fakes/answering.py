"""What a model would answer to our prompts: the input is read back from the prompt, the embedded engine replies.

What belongs here: reading prompts as naively as a model does, and the ways in which a reply's text can be wrong.
What does not: the protocol that carries the text (`chat_server`).
"""

import json
import random
import re
import string
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from chrysopedia_assets.engines.classification import classify_moments
from chrysopedia_assets.engines.extraction import extract
from chrysopedia_assets.engines.segmentation import segment
from chrysopedia_assets.engines.synthesis import synthesise
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.inspection.words import (
    is_said,
    quotations,
    says_nothing,
    values_in,
    word_count,
)
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.prompts import PROMPT_NAMES, PromptName
from chrysopedia_assets.models.records import Record, Video
from chrysopedia_assets.models.synthesis_groups import GroupedMoment
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.models.technique_pages import CITATION
from chrysopedia_assets.models.transcripts import Segment
from chrysopedia_assets.stages.classifications import ClassificationInput
from chrysopedia_assets.stages.judging import JudgingInput, JudgingReply, Passage
from chrysopedia_assets.stages.key_moments import ExtractionInput
from chrysopedia_assets.stages.ports import Given
from chrysopedia_assets.stages.technique_pages import SynthesisInput
from chrysopedia_assets.stages.topic_chunks import SegmentationInput
from resources.clients.llm.check import READY
from tests.builders import product_taxonomy
from tests.fakes.manners import in_manner, manner_of_text, proposal
from tests.fakes.probed import probed

LAST_SEGMENT_S = 5.0
"""A prompt does not say when its last segment ends."""
MOMENT_S = 10.0
"""Nor when moments are said: each is given this long, at its number."""
BEYOND = 1_000_000
"""A number that no input has."""
GARBAGE_CHARS = 2**20

_FENCE = re.compile(r"<(transcript|moments)>")
_SPOKEN = re.compile(r"\[(\d+)\] \((\d+):(\d\d)\)(?: (.*))?")


class Unreadable(ValueError):
    """The request holds no prompt of ours, or one that a model could not make sense of."""


class EngineReplies:
    """The reply to each prompt, computed once."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._vocabulary = Vocabulary(taxonomy)
        self._known: dict[tuple[PromptName, str, str], str] = {}

    def known(self, body: Mapping[str, Any]) -> str | None:
        """The reply if there has been one before: costs nothing. Raises Unreadable."""
        if (reply := _without_engine(body)) is not None:
            return reply
        return self._known.get((*_without_title(_question(body)), manner_of(body)))

    def text_for(self, body: Mapping[str, Any]) -> str:
        """The reply as JSON. Raises Unreadable."""
        if (reply := _without_engine(body)) is not None:
            return reply
        question = (*_without_title(_question(body)), manner_of(body))
        if question not in self._known:
            self._known[question] = in_manner(self._reply(body).model_dump_json(), question[-1])
        return self._known[question]

    def _reply(self, body: Mapping[str, Any]) -> Record:
        match given_in(body, self._taxonomy):
            case SegmentationInput() as given:
                return segment(given, self._vocabulary)
            case ExtractionInput() as given:
                return extract(given, self._vocabulary)
            case ClassificationInput() as given:
                return classify_moments(given, self._vocabulary)
            case SynthesisInput() as given:
                return synthesise(given, self._vocabulary)
            case JudgingInput() as given:
                return judged(given)
            case given:
                raise AssertionError(f"no engine for {type(given).__name__}")


@cache
def product_replies() -> EngineReplies:
    """With the taxonomy that ships; one for all servers of a process."""
    return EngineReplies(product_taxonomy())


def messages_of(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Role and text of each message. Raises Unreadable."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Unreadable("'messages' has to be a list of at least one message")
    return [_message(number, message) for number, message in enumerate(messages)]


def manner_of(body: Mapping[str, Any]) -> str:
    """What the system text asks for that changes how the reply is written."""
    return manner_of_text("\n".join(said for role, said in messages_of(body) if role == "system"))


def _without_engine(body: Mapping[str, Any]) -> str | None:
    """To what is asked beside the stages."""
    prompt = messages_of(body)[-1][1]
    if prompt == READY:
        return '{"ready": true}'
    return proposal(prompt) if "<current_instructions>" in prompt else probed(prompt)


def given_in(body: Mapping[str, Any], taxonomy: Taxonomy) -> Given:
    """The stage's input, as far as the prompt tells it. Raises Unreadable."""
    task, prompt = _question(body)
    header, inside = _opened(prompt)
    try:
        match task:
            case "segmentation":
                return SegmentationInput(video=_video(header), **_segments(inside))
            case "extraction":
                return ExtractionInput(
                    video=_video(header),
                    label=_field(header, "Unit"),
                    summary=_field(header, "What it is about"),
                    **_segments(inside),
                )
            case "classification":
                items = _json_lines(inside)
                return ClassificationInput(
                    video=_video(header),
                    taxonomy=taxonomy,
                    numbers=tuple(item["number"] for item in items),
                    moments=tuple(map(_moment, items)),
                )
            case "synthesis":
                items = _json_lines(inside)
                return SynthesisInput(
                    video=_video(header),
                    group_id="group",
                    category=_field(header, "Category"),
                    numbers=tuple(item["number"] for item in items),
                    moments=tuple(
                        GroupedMoment(moment=_moment(item), tags=tuple(item["tags"]))
                        for item in items
                    ),
                )
            case "judging":
                return JudgingInput(
                    video=_video(header),
                    title="page",
                    page=_inside(prompt, "page"),
                    passages=tuple(
                        Passage(
                            moment_id=str(item["number"]),
                            **{k: item[k] for k in ("title", "summary", "quote", "said")},
                        )
                        for item in _json_lines(inside)
                    ),
                )
            case "reflecting":
                raise Unreadable("what is asked beside the stages has no input of theirs")
    except (ValidationError, KeyError, TypeError) as error:
        raise Unreadable(f"the {task} prompt has not what its reply needs: {error!r}") from error


def _message(number: int, message: Any) -> tuple[str, str]:
    role, text = (
        (message.get("role"), message.get("content")) if isinstance(message, dict) else ("", "")
    )
    if role not in ("system", "user", "assistant") or not isinstance(text, str):
        raise Unreadable(f"message {number} has no role that is known, or no text for its content")
    return role, text


def _question(body: Mapping[str, Any]) -> tuple[PromptName, str]:
    """What is asked for, and the last prompt with an input in it: a later message may only speak of the reply."""
    said = [text for role, text in messages_of(body) if role == "user"]
    prompt = next((text for text in reversed(said) if _FENCE.search(text)), None)
    if prompt is None:
        raise Unreadable("no user message has a <transcript> or <moments> in it")
    return _task(body, prompt), prompt


def _without_title(question: tuple[PromptName, str]) -> tuple[PromptName, str]:
    """The embedded engine does not look at it, so one answer serves the same speech under many titles."""
    task, prompt = question
    return task, re.sub(r"^Video: .*$", "", prompt, count=1, flags=re.MULTILINE)


def _task(body: Mapping[str, Any], prompt: str) -> PromptName:
    """By the name of the reply's schema where there is one, else by the fields above the input."""
    response_format = body.get("response_format")
    schema = (response_format or {}).get("json_schema") or {}
    if named := next((task for task in PROMPT_NAMES if task == schema.get("name")), None):
        return named
    header, inside = prompt[: _first_fence(prompt).start()], _first_fence(prompt)[1]
    if inside == "transcript":
        return "extraction" if re.search(r"^Unit: ", header, re.MULTILINE) else "segmentation"
    if "\n<page>\n" in prompt:
        return "judging"
    return "synthesis" if re.search(r"^Category: ", header, re.MULTILINE) else "classification"


def _first_fence(prompt: str) -> re.Match[str]:
    found = _FENCE.search(prompt)
    assert found is not None  # `_question` chose a prompt that has one
    return found


def _opened(prompt: str) -> tuple[str, str]:
    """What stands before the first opening tag, and from there to the first tag that closes it."""
    opening = _first_fence(prompt)
    inside, closing, _ = prompt[opening.end() :].partition(f"</{opening[1]}>")
    if not closing:
        raise Unreadable(f"<{opening[1]}> is not closed")
    return prompt[: opening.start()], inside.strip("\n")


def _inside(prompt: str, tag: str) -> str:
    _, opening, rest = prompt.partition(f"\n<{tag}>\n")
    inside, closing, _ = rest.partition(f"\n</{tag}>")
    if not (opening and closing):
        raise Unreadable(f"<{tag}> is not there, or not closed")
    return inside


def _field(header: str, name: str) -> str:
    found = re.search(rf"^{re.escape(name)}: ?(.*)$", header, re.MULTILINE)
    if not found:
        raise Unreadable(f"the prompt has no line '{name}: ...' above its input")
    return found[1]


def _video(header: str) -> Video:
    return Video(
        video_id="prompt", title=_field(header, "Video"), creator=_field(header, "Creator")
    )


def _segments(inside: str) -> dict[str, Any]:
    """`first_segment` and `segments`; each ends where the next begins."""
    lines = inside.split("\n")
    found = [_SPOKEN.fullmatch(line) for line in lines]
    read = [match for match in found if match]
    if len(read) < len(lines):
        raise Unreadable(f"no line of a transcript: {lines[found.index(None)]!r}")
    numbers = [int(match[1]) for match in read]
    if any(later != earlier + 1 for earlier, later in pairwise(numbers)):
        raise Unreadable("segments are not numbered one by one")
    starts = [60.0 * int(match[2]) + int(match[3]) for match in read]
    ends = [*starts[1:], starts[-1] + LAST_SEGMENT_S]
    segments = tuple(
        Segment(start_s=start, end_s=end, text=match[4] or " ")
        for start, end, match in zip(starts, ends, read, strict=True)
    )
    return {"first_segment": numbers[0], "segments": segments}


def _json_lines(inside: str) -> list[dict[str, Any]]:
    items = []
    for line in inside.split("\n"):
        try:
            items.append(json.loads(line))
        except ValueError as error:
            raise Unreadable(f"no moment in JSON: {line[:200]!r}") from error
    return items


def _moment(item: Mapping[str, Any]) -> KeyMoment:
    """With plain stand-ins for what the prompt leaves out."""
    number = int(item["number"])
    return KeyMoment(
        moment_id=f"moment-{number}",
        first_segment=number,
        last_segment=number,
        start_s=number * MOMENT_S,
        end_s=(number + 1) * MOMENT_S,
        title=item["title"],
        summary=item["summary"],
        kind=item["kind"],
        quote=item.get("quote") or "-",
        plugins=tuple(item.get("plugins", ())),
        transcript=item["said"],
    )


# What a judge would say --------------------------------------------------------------------------


def judged(given: JudgingInput) -> JudgingReply:
    """By plain properties of the page: a worse one gets a lower value, an equal one the same."""
    titles = [line.lstrip("# ") for line in given.page.splitlines() if line.startswith("#")]
    told = "\n".join(f"{p.title}\n{p.summary}\n{p.quote}\n{p.said}" for p in given.passages)
    there, wanted = set(values_in(given.page)), set(values_in(told))
    quoted = quotations(given.page)
    words = word_count(given.page)
    named = given.video.creator.casefold() in given.page.casefold()
    values = {
        "structure": _part(sum(not says_nothing(title) for title in titles), len(titles)),
        "content_specificity": _part(len(there & wanted), len(wanted)),
        "voice_preservation": 0.5 * named + 0.5 * any(is_said(q, told) for q in quoted),
        "readability": min(1.0, 400 / max(words, 1)),
        "factual_fidelity": _part(len(there & wanted), len(there)),
    }
    return JudgingReply.model_validate(
        {
            name: {
                "quote": titles[0] if titles else "",
                "reason": f"{name} is {value:.2f}",
                "value": value,
            }
            for name, value in values.items()
        }
    )


def _part(good: int, of: int) -> float:
    return good / of if of else 1.0


# How a reply's text can be wrong ----------------------------------------------------------------


def _fenced(text: str) -> str:
    return f"Here is the JSON you asked for:\n\n```json\n{text}\n```\n\nLet me know if I shall change anything."


def _thought(text: str) -> str:
    draft = text[: len(text) // 3]
    return f'<think>\nThe user wants JSON such as {{"draft": []}}. I begin: {draft}\nNo, again.\n</think>\n\n{text}'


def _noise(_: str) -> str:
    drawn = random.Random(7).choices(string.ascii_letters + string.digits + ' {}[]":,\\\n', k=4096)
    return "".join(drawn) * (GARBAGE_CHARS // 4096)


def _without_last_brace(text: str) -> str:
    return text[: text.rindex("}")]


def _shortened(text: str) -> str:
    """Without the last third of the items, at least one; a segmentation keeps its first. One without items stays as it is."""
    reply = json.loads(text)
    if "pages" in reply:
        return _dumped(_without_last_moments(reply))
    if "structure" in reply:
        return _dumped(dict(list(reply.items())[:-1]))
    if (name := _items(reply)) is None:
        return text
    least = 1 if name == "topics" else 0
    reply[name] = reply[name][: max(least, _kept(len(reply[name])))]
    return _dumped(reply)


def _without_last_moments(reply: dict[str, Any]) -> dict[str, Any]:
    """Pages that are sound but for the moments they leave out: no text cites what is gone."""
    placed = [number for page in reply["pages"] for number in page["moments"]]
    gone = set(placed[_kept(len(placed)) :])
    pages = [_without_moments(page, gone) for page in reply["pages"]]
    return {**reply, "pages": [page for page in pages if page["moments"]]}


def _without_moments(page: dict[str, Any], gone: set[int]) -> dict[str, Any]:
    def uncited(text: str) -> str:
        return CITATION.sub(lambda cited: "" if int(cited[1]) in gone else cited[0], text)

    left: dict[str, Any] = _with_texts(page, uncited)
    return {**left, "moments": [number for number in page["moments"] if number not in gone]}


def _kept(count: int) -> int:
    return count - max(1, round(count / 3))


def _beyond(text: str) -> str:
    """The last item speaks of something that is not in the input; a reply without items stays as it is.

    A judge gives 7 of 5.
    """
    reply = json.loads(text)
    match reply:
        case {"structure": first}:
            first["value"] = 7
        case {"topics": [*_, last]}:
            last["first_segment"] += BEYOND
        case {"moments": [*_, last]}:
            last["last_segment"] += BEYOND
        case {"classes": [*_, last]}:
            last["moment"] += BEYOND
        case {"pages": [*_, last]}:
            last["moments"].append(BEYOND)
        case {"unused": [*_, last]}:
            last["moment"] += BEYOND
    return _dumped(reply)


def _doubled(text: str) -> str:
    """The last item comes twice; a reply without items stays as it is."""
    reply = json.loads(text)
    if (name := _items(reply)) is None:
        return text
    if name == "pages" and reply["pages"]:
        moments = reply["pages"][-1]["moments"]
        moments.append(moments[-1])
    else:
        items = reply["unused" if name == "pages" else name]
        items.extend(items[-1:])
    return _dumped(reply)


def _items(reply: dict[str, Any]) -> str | None:
    return next((n for n in ("topics", "moments", "classes", "pages") if n in reply), None)


def _ending_in(characters: str) -> Callable[[str], str]:
    """Every text in the reply ends in them, written as JSON escapes: sound JSON that no database takes."""
    return lambda text: json.dumps(_with_texts(json.loads(text), lambda said: said + characters))


def _raw_surrogates(text: str) -> str:
    """The lone surrogates stand in the content itself, not in an escape of its JSON."""
    return _dumped(_with_texts(json.loads(text), lambda said: said + "\ud800"))


def _raw_nul(text: str) -> str:
    return _ending_in("\0")(text).replace("\\u0000", "\0")


def _with_texts(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case list():
            return [_with_texts(item, change) for item in value]
        case dict():
            return {name: _with_texts(item, change) for name, item in value.items()}
    return value


def _dumped(reply: dict[str, Any]) -> str:
    return json.dumps(reply, ensure_ascii=False)


SPOILT: Mapping[str, Callable[[str], str]] = {
    "not_json": lambda text: "I have read the passage. It has several parts, and all are useful.",
    "fenced": _fenced,
    "thinking": _thought,
    "only_thinking": lambda text: "<think>\nThis is a long passage. What is asked of me?\n</think>",
    "wrong_schema": lambda text: '{"result": {"status": "ok", "items": []}}',
    "broken_json": _without_last_brace,
    "empty": lambda text: "",
    "short": _shortened,
    "out_of_range": _beyond,
    "duplicate": _doubled,
    "garbage": _noise,
    "nul": _ending_in("\0"),
    "surrogates": _ending_in("\udc00\ud800"),
    "raw_nul": _raw_nul,
    "raw_surrogates": _raw_surrogates,
}
"""By the kind of fault: the right text, made wrong."""
