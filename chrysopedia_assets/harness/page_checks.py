"""Technique pages, looked at by code: citations, quotations, values, titles, length. One score for each dimension.

What belongs here: what each dimension counts and what it tells the writer. What does not: what the checks in the web
UI count too (`inspection.page_text`), reading text (`inspection.words`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

from chrysopedia_assets.harness.findings import Found, falling, score, share
from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.harness.material import given_passages, passages_of
from chrysopedia_assets.harness.scores import Score
from chrysopedia_assets.inspection.page_text import (
    GOOD_READING_S,
    GOOD_WORDS,
    TOO_FEW_WORDS,
    TOO_LONG_S,
    named,
    nobody_says,
    page_reading_s,
    parts_of,
    quoted,
    text_of,
    text_to_read,
    too_long,
    too_short,
    uncited,
    unresolved,
    unsaid,
    words_in,
)
from chrysopedia_assets.inspection.words import (
    folded,
    names,
    quotations,
    says_nothing,
    short,
    values_in,
    without_quotations,
    word_count,
    words_of,
)
from chrysopedia_assets.models.taxonomy import Category, Tag, Taxonomy
from chrysopedia_assets.models.technique_pages import (
    TechniquePage,
    TechniquePages,
)
from chrysopedia_assets.stages.judging import Passage

QUOTED_WORDS = 3
"""Fewer in quotation marks are a term, which is nobody's opinion."""
NAME_CHARS = 3
"""A shorter part of a name is in too many words."""
FULL_PAGE_WORDS = 150
FEW_SECTIONS, MANY_SECTIONS = 3, 6
TOO_MANY_WORDS = 800
MAX_COMPARED = 200
ALIKE = 88
"""Of 100: the same sentence with a word changed. Two sections on one subject have about 50."""
NOBODY_NAMED = 0.5
_OPINIONS = (
    "i think", "i like", "i love", "i hate", "i prefer", "i always", "i never", "i usually", "i would", "in my opinion",
    "my favorite", "my favourite", "ich finde", "ich mag", "ich denke", "meiner meinung", "je trouve", "je préfère",
    "à mon avis", "me gusta", "prefiero", "en mi opinión", "secondo me", "na minha opinião",
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """A page with all that it may be held to."""

    page: TechniquePage
    passages: list[Passage]
    creator: str
    taken: frozenset[str]

    @property
    def name(self) -> str:
        return named(self.page)

    @cached_property
    def titles(self) -> list[str]:
        parts = [[s.title, *(sub.title for sub in s.subsections)] for s in self.page.sections]
        return [title for titles in parts for title in titles]

    @cached_property
    def text(self) -> str:
        return text_to_read(self.page)

    @cached_property
    def told(self) -> str:
        """What the moments hold in short: what is worth keeping of them."""
        return "\n".join(t for p in self.passages for t in (p.title, p.summary, p.quote))

    @cached_property
    def said(self) -> str:
        return "\n".join(t for p in self.passages for t in (p.said, p.quote))


def page_scores(fixture: Fixture, record: TechniquePages) -> list[Score]:
    given, taken = given_passages(fixture), words_taken(fixture.taxonomy)
    if not record.pages:
        return _of_nothing(bool(given) or bool(record.unused))
    pages = [
        Page(page, passages_of(page, fixture, given), record.video.creator, taken)
        for page in record.pages
    ]
    return [
        score("coverage", [_coverage(record, given)]),
        *(score(dimension, map(check, pages)) for dimension, check in _OF_A_PAGE.items()),
        score("duplicates", [_duplicates(pages)]),
    ]


def words_taken(taxonomy: Taxonomy) -> frozenset[str]:
    """What a page is filed under anyway: as a title it tells nothing more."""
    terms: list[Category | Tag] = [*taxonomy.categories]
    terms += [tag for category in taxonomy.categories for tag in category.tags]
    return frozenset(folded([word for term in terms for word in (term.key, term.name)]))


def _of_nothing(something_was_given: bool) -> list[Score]:
    """No page where there was nothing to write is right, and none where there was is of no worth in any way."""
    value, why = (0.0, ("there is no page",)) if something_was_given else (1.0, ())
    return [
        Score(dimension, value, why=why) for dimension in ("coverage", *_OF_A_PAGE, "duplicates")
    ]


def _coverage(record: TechniquePages, given: dict[str, Passage]) -> Found:
    on_pages = {c.moment_id for page in record.pages for c in page.citations}
    left = {one.moment_id: f"'{short(one.title)}' ({short(one.reason)})" for one in record.unused}
    for moment_id, passage in given.items():
        left.setdefault(moment_id, f"'{short(passage.title)}' (no reason given)")
    wrong = [
        f"no page tells {name}" for moment_id, name in left.items() if moment_id not in on_pages
    ]
    return share(wrong, len(on_pages | set(left)))


def _citations(of: Page) -> Found:
    claims = uncited(of.page)
    wrong = [*unresolved(of.page), *claims.wrong]
    return share(wrong, max(claims.of, len(wrong)))


def _quotes(of: Page) -> Found:
    wrong = [nobody_says(of.page, quote) for quote in unsaid(of.page, of.said)]
    return share(wrong, len(quoted(of.page)))


def _values_kept(of: Page) -> Found:
    there = values_in(of.text)
    wanted = values_in(of.told)
    lost = [written for value, written in wanted.items() if value not in there]
    plugins = {name for passage in of.passages for name in passage.plugins}
    lost += [name for name in sorted(plugins) if not names(name, of.text)]
    wrong = [f"{of.name}: '{short(what)}' is said, and is not on the page" for what in lost]
    return share(wrong, len(wanted) + len(plugins))


def _values_said(of: Page) -> Found:
    there = values_in(of.text)
    said = values_in(f"{of.told}\n{of.said}")
    wrong = [
        f"{of.name}: '{short(written)}' is on the page, and nobody says it"
        for value, written in there.items()
        if value not in said
    ]
    return share(wrong, len(there))


def _section_titles(of: Page) -> Found:
    titles = [of.page.title, *of.titles]
    wrong = [
        f"{of.name}: '{short(title)}' says nothing; name what stands below it"
        for title in titles
        if says_nothing(title, of.taken)
    ]
    return share(wrong, len(titles))


def _sections(of: Page) -> Found:
    count, words = len(of.page.sections), words_in(of.page)
    if count < FEW_SECTIONS and words >= FULL_PAGE_WORDS:
        why = (
            f"{of.name}: {words} words in {count} sections; divide them into {FEW_SECTIONS} or more"
        )
        return Found(count / FEW_SECTIONS, (why,))
    why = f"{of.name}: {count} sections; join what belongs together, to {MANY_SECTIONS} at most"
    return falling(count, MANY_SECTIONS, 2 * MANY_SECTIONS, why)


def _length(of: Page) -> Found:
    words = words_in(of.page)
    if words < TOO_FEW_WORDS:
        return Found(words / TOO_FEW_WORDS, (too_short(of.page),))
    why = f"{of.name}: {words} words; about {GOOD_WORDS} are enough"
    return falling(words, GOOD_WORDS, TOO_MANY_WORDS, why)


def _reading_time(of: Page) -> Found:
    return falling(page_reading_s(of.page), GOOD_READING_S, TOO_LONG_S, too_long(of.page))


def _attribution(of: Page) -> Found:
    """In the part in which it stands: who reads a section may not have read the one before."""
    count, wrong = 0, []
    for where, text in parts_of(of.page):
        quoted = [q for q in quotations(text) if word_count(q) >= QUOTED_WORDS]
        plain = f" {' '.join(words_of(without_quotations(text)))} "
        opinions = [phrase for phrase in _OPINIONS if f" {phrase} " in plain]
        count += len(quoted) + len(opinions)
        if _names_creator(plain, of):
            continue
        wrong += [
            f"{of.name}: {where} does not say that “{short(q)}” is {of.creator}'s" for q in quoted
        ]
        wrong += [
            f"{of.name}: {where} says “{phrase}” without saying who does" for phrase in opinions
        ]
    if not count and not _names_creator(f" {' '.join(words_of(of.text))} ", of):
        why = f"{of.name}: {of.creator} is nowhere named or quoted; say whose way of working it is"
        return Found(NOBODY_NAMED, (why,))
    return share(wrong, count)


def _names_creator(plain: str, of: Page) -> bool:
    """By the whole name, or by a part of it that is no word of the trade."""
    parts = words_of(of.creator)
    own = [part for part in parts if len(part) >= NAME_CHARS and not says_nothing(part, of.taken)]
    known = [name for name in (" ".join(parts), *own) if name]
    return any((f" {name}" if name.isascii() else name) in plain for name in known)


def _duplicates(pages: list[Page]) -> Found:
    units = list(_units(pages))[:MAX_COMPARED]
    wrong = []
    for number, (name, text) in enumerate(units):
        for earlier, known in units[:number]:
            if fuzz.ratio(text, known, score_cutoff=ALIKE):
                wrong.append(f"{name} says the same as {earlier}")
                break
    return share(wrong, len(units))


def _units(pages: list[Page]) -> Iterator[tuple[str, str]]:
    for of in pages:
        for section in of.page.sections:
            yield (
                f"'{short(section.title)}' of {of.name}",
                " ".join(words_of(f"{section.title} {text_of(section)}")),
            )


_OF_A_PAGE: dict[str, Callable[[Page], Found]] = {
    "citations": _citations,
    "quotes": _quotes,
    "values_kept": _values_kept,
    "values_said": _values_said,
    "section_titles": _section_titles,
    "sections": _sections,
    "length": _length,
    "reading_time": _reading_time,
    "attribution": _attribution,
}
