"""What a question's template gets: the stage's input as text, numbered for the reply, and unable to leave its fence.

What belongs here: how an input is written down. What does not: the wording around it (`prompts/`), times in replies:
a model picks numbers, code knows the times.
"""

import json
import re
from collections.abc import Iterable

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.prompts import VARIABLES
from chrysopedia_assets.models.synthesis_groups import GroupedMoment
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.models.transcripts import Segment
from chrysopedia_assets.stages.classifications import ClassificationInput
from chrysopedia_assets.stages.judging import JudgingInput, Passage
from chrysopedia_assets.stages.key_moments import ExtractionInput
from chrysopedia_assets.stages.ports import Given
from chrysopedia_assets.stages.reflecting import Example, ReflectingInput
from chrysopedia_assets.stages.technique_pages import SynthesisInput
from chrysopedia_assets.stages.topic_chunks import SegmentationInput

FENCES = ("transcript", "moments", "taxonomy", "page", "examples", "current_instructions")
"""The tags that templates put around an input."""
_FORGED = re.compile(rf"<(?=\||\s*/?\s*(?:{'|'.join(FENCES)})\b)", re.IGNORECASE)
"""A fence, or `<|`, with which the marks begin that some servers cut a conversation by."""
_INSTRUCTIONS_END = re.compile(r"<(?=\s*/?\s*current_instructions\b)", re.IGNORECASE)
"""Of a prompt's own text no other tag is touched: it speaks of fences, and what comes back is to be used."""
_DEFUSED = "\u2039"
"""Looks like the bracket, and is none."""
CLASSIFIED_CHARS = 700
"""Of what is said in a moment, as much as its category can be told from."""


def variables(given: Given) -> dict[str, str]:
    """Every variable of the prompt's templates. Raises ConfigurationError for an input that no prompt is for."""
    common = {"creator": fenced(given.video.creator), "video_title": fenced(given.video.title)}
    match given:
        case SegmentationInput():
            return common | {"transcript": _lines(given.segments, given.first_segment)}
        case ExtractionInput():
            return common | {
                "chunk_label": fenced(given.label),
                "chunk_summary": fenced(given.summary),
                "transcript": _lines(given.segments, given.first_segment),
            }
        case ClassificationInput():
            moments = zip(given.numbers, given.moments, strict=True)
            return common | {
                "taxonomy": _taxonomy(given.taxonomy),
                "moments": _json_lines(_classified(n, m) for n, m in moments),
            }
        case SynthesisInput():
            members = zip(given.numbers, given.moments, strict=True)
            return common | {
                "category": fenced(given.category),
                "moments": _json_lines(_grouped(n, m) for n, m in members),
            }
        case JudgingInput():
            cited = enumerate(given.passages, start=1)
            return common | {
                "moments": _json_lines(_cited(n, passage) for n, passage in cited),
                "page": _fenced_lines([given.page]),
            }
        case ReflectingInput():
            return {
                "task": given.of,
                "placeholders": ", ".join(given.placeholders),
                "prompt": _INSTRUCTIONS_END.sub(_DEFUSED, given.prompt),
                "examples": _json_lines(map(_example, given.examples)),
            }
    raise ConfigurationError(
        f"no prompt is written for an input of the kind {type(given).__name__}",
        cure=f"The tasks are {', '.join(VARIABLES)}.",
    )


def fenced(text: str) -> str:
    """One line that cannot open or close a fence: what was said is data, whatever it says."""
    return _FORGED.sub(_DEFUSED, " ".join(text.split()))


def _lines(segments: Iterable[Segment], first: int) -> str:
    numbered = enumerate(segments, start=first)
    return "\n".join(f"[{n}] ({_clock(s.start_s)}) {fenced(s.text)}" for n, s in numbered)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _taxonomy(taxonomy: Taxonomy) -> str:
    lines = []
    for category in taxonomy.categories:
        lines.append(f"{category.key}: {category.description}")
        lines.append(f"  tags: {', '.join(tag.key for tag in category.tags) or 'none'}")
    return _fenced_lines(lines)


def _json_lines(items: Iterable[dict[str, object]]) -> str:
    lines = ({name: _one_line(value) for name, value in item.items()} for item in items)
    return _fenced_lines(json.dumps(line, ensure_ascii=False) for line in lines)


def _one_line(value: object) -> object:
    if isinstance(value, list):
        return [_one_line(part) for part in value]
    return fenced(value) if isinstance(value, str) else value


def _fenced_lines(lines: Iterable[str]) -> str:
    return "\n".join(_FORGED.sub(_DEFUSED, line) for line in lines)


def _classified(number: int, moment: KeyMoment) -> dict[str, object]:
    return {
        "number": number,
        "title": moment.title,
        "kind": moment.kind,
        "summary": moment.summary,
        "said": moment.transcript[:CLASSIFIED_CHARS],
    }


def _grouped(number: int, member: GroupedMoment) -> dict[str, object]:
    moment = member.moment
    return {
        "number": number,
        "title": moment.title,
        "kind": moment.kind,
        "summary": moment.summary,
        "quote": moment.quote,
        "plugins": list(moment.plugins),
        "tags": list(member.tags),
        "said": moment.transcript,
    }


def _cited(number: int, passage: Passage) -> dict[str, object]:
    return {
        "number": number,
        "title": passage.title,
        "summary": passage.summary,
        "quote": passage.quote,
        "said": passage.said,
    }


def _example(example: Example) -> dict[str, object]:
    return {
        "score": round(example.score, 3),
        "feedback": list(example.feedback),
        "result": example.result,
    }
