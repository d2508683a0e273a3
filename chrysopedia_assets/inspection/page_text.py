"""One page's text: what it cites, what it quotes, how long it is, and a sentence for the writer on each thing that is wrong.

What belongs here: counting on one page, for the checks in the web UI and the scores of the workbench alike. What does
not: reading text (`words`), what is judged over all pages of a video (`quality`), values between 0 and 1 (`harness`).
"""

from dataclasses import dataclass

from chrysopedia_assets.inspection.words import (
    is_said,
    paragraphs,
    quotations,
    reading_s,
    short,
    word_count,
)
from chrysopedia_assets.models.technique_pages import CITATION, Section, TechniquePage, texts_of

CLAIM_WORDS = 4
"""A shorter paragraph leads in to something, and claims nothing."""
MAX_QUOTATIONS = 50
GOOD_WORDS, TOO_FEW_WORDS = 400, 15
GOOD_READING_S, TOO_LONG_S = 120, 240
"""A producer in mid-session reads for two minutes; what takes twice as long is two pages."""


@dataclass(frozen=True)
class Counted:
    """How many were looked at, and a sentence for each that is wrong."""

    of: int
    wrong: tuple[str, ...] = ()


def named(page: TechniquePage) -> str:
    return f"page '{short(page.title)}'"


def parts_of(page: TechniquePage) -> list[tuple[str, str]]:
    """Where something stands, and its text: the summary, then each section with its subsections."""
    sections = [(f"'{short(s.title)}'", text_of(s)) for s in page.sections]
    return [("the summary", page.summary), *sections]


def text_of(section: Section) -> str:
    return "\n\n".join(texts_of((section,)))


def text_to_read(page: TechniquePage) -> str:
    """All that is read, in which no value of one part runs into the next."""
    titles = [
        title for s in page.sections for title in (s.title, *(p.title for p in s.subsections))
    ]
    chains = [text for chain in page.signal_chains for text in (chain.title, *chain.steps)]
    parts = [page.title, page.summary, *titles, *texts_of(page.sections), *chains]
    return CITATION.sub(" ", "\n".join(parts))


def words_in(page: TechniquePage) -> int:
    """Of its sections."""
    return sum(map(word_count, texts_of(page.sections)))


def page_reading_s(page: TechniquePage) -> float:
    return reading_s(text_to_read(page))


def unresolved(page: TechniquePage) -> list[str]:
    """Each `[n]` behind which there is no moment."""
    known = {citation.number for citation in page.citations}
    return [
        f"{named(page)}: [{number}] in {where} cites nothing"
        for where, text in parts_of(page)
        for number in CITATION.findall(text)
        if int(number) not in known
    ]


def uncited(page: TechniquePage) -> Counted:
    """Paragraphs that claim something, and those of them behind which nothing is cited."""
    claims, wrong = 0, []
    for where, text in parts_of(page):
        for block in paragraphs(text):
            if word_count(block) < CLAIM_WORDS or block.endswith((":", "\uff1a")):
                continue
            claims += 1
            if not CITATION.search(block):
                wrong.append(f"{named(page)}: nothing is cited for “{short(block)}” in {where}")
    return Counted(claims, tuple(wrong))


def quoted(page: TechniquePage) -> list[str]:
    """Its quotations, as far as one can be expected to look at them."""
    return [quote for _, text in parts_of(page) for quote in quotations(text)][:MAX_QUOTATIONS]


def unsaid(page: TechniquePage, said: str) -> list[str]:
    """Quotations that are not in what was said, word for word."""
    return [quote for quote in quoted(page) if not is_said(quote, said)]


def nobody_says(page: TechniquePage, quote: str) -> str:
    return f"{named(page)}: nobody says “{short(quote)}”; quote word for word, or without quotation marks"


def too_short(page: TechniquePage) -> str:
    return f"{named(page)}: {words_in(page)} words tell nobody how it is done"


def too_long(page: TechniquePage) -> str:
    return (
        f"{named(page)}: takes {page_reading_s(page):.0f} s to read with its summary and chains;"
        f" under {GOOD_READING_S} s is wanted"
    )
