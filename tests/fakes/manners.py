"""What a model does that follows a prompt's wishes about the manner of a page: more or fewer of the creator's words,
titles that say something or nothing; and what it proposes when it is shown complaints.

What belongs here: reading the wish in the system text, and rewriting the embedded engine's reply accordingly, as simply
as can be measured. What does not: reading the input (`answering`).
"""

import json
import re
from typing import Any

from chrysopedia_assets.models.technique_pages import CITATION

_SHARE = re.compile(r"Of every 100 words on a page, about (\d+) stand in runs of at least four")
_SENTENCE = re.compile(r"[^.!?]*[.!?]+[\"”')\]\d\[ ]*|[^.!?]+$")
PLAIN_TITLES = "Keep section titles short and plain."
TELLING_TITLES = "Each section title says what the section tells."
_PLAIN = ("Overview", "Tips", "Conclusion", "Introduction", "Summary", "Details")
_INSTRUCTIONS = re.compile(r"<current_instructions>\n(.*)\n</current_instructions>", re.DOTALL)
RUN = 4
"""A paraphrase that leaves out every fourth word has no run of four left."""


def manner_of_text(system: str) -> str:
    """What the voice dial's paragraph names, and how titles are to be; empty where nothing is asked for."""
    found = _SHARE.search(system)
    plain = PLAIN_TITLES in system and TELLING_TITLES not in system
    return f"{found[1] if found else ''}{'plain' if plain else ''}"


def in_manner(reply: str, manner: str) -> str:
    """A page's sentences as they are, which are the creator's, or in fewer words, so that about that share stays."""
    found = json.loads(reply)
    if not manner or "pages" not in found:
        return reply
    share = manner.removesuffix("plain")
    for page in found["pages"]:
        if share:
            _voiced(page, int(share) / 100)
        if manner.endswith("plain"):
            for section, title in zip(page["sections"], _PLAIN, strict=False):
                section["title"] = title
    return json.dumps(found, ensure_ascii=False)


def proposal(prompt: str) -> str:
    """A new text for the instructions in a reflection prompt: what is complained of, asked for in a line at the end."""
    found = _INSTRUCTIONS.search(prompt)
    assert found is not None, "a reflection prompt shows the instructions that it is about"
    complained = "section_titles" in prompt[found.end() :]
    line = TELLING_TITLES if complained else "Be accurate."
    return json.dumps({"reasons": "What was complained of.", "system": f"{found[1]}\n- {line}\n"})


def _voiced(page: dict[str, Any], share: float) -> None:
    own = total = 0

    def rewritten(text: str) -> str:
        nonlocal own, total
        parts = []
        for sentence in _SENTENCE.findall(text):
            words = len(sentence.split())
            keeps = own + words / 2 <= share * (total + words)
            own, total = own + keeps * words, total + words
            parts.append(sentence if keeps else _in_fewer_words(sentence))
        return "".join(parts)

    page["summary"] = rewritten(page["summary"])
    for section in page["sections"]:
        for part in (section, *section["subsections"]):
            part["body"] = rewritten(part["body"])


def _in_fewer_words(sentence: str) -> str:
    """Every citation stays, and so does the space at the end."""
    kept = [
        word
        for number, word in enumerate(re.split(r"(?<=\s)", sentence), start=1)
        if number % RUN or CITATION.search(word)
    ]
    return "".join(kept) or sentence
