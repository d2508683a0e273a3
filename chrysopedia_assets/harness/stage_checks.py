"""Blocks, moments and classes, looked at by code: what can be measured of the stages above the pages.

What belongs here: what each dimension counts and what it tells. What does not: pages (`page_checks`), reading text (`inspection.words`).
"""

import re
from collections.abc import Callable, Iterable, Sequence

from rapidfuzz import fuzz

from chrysopedia_assets.harness.findings import Found, falling, score, share
from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.harness.page_checks import ALIKE, MAX_COMPARED, words_taken
from chrysopedia_assets.harness.scores import Score
from chrysopedia_assets.inspection.words import (
    is_said,
    names,
    says_nothing,
    short,
    values_in,
    word_count,
    words_of,
)
from chrysopedia_assets.models.classifications import Classification, Classifications
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.models.topic_chunks import TopicChunk, TopicChunks

LONG_VIDEO_SEGMENTS = 30
LONG_BLOCK_S = 15 * 60
LONG_MOMENT_S = 4 * 60
WHOLE_PASSAGE = 0.8
"""A quote of this share of what is said is no choice; a passage of a sentence or two may be quoted whole."""
SHORT_PASSAGE_WORDS = 40
LONG_QUOTE_WORDS = 80
FIRST_WORDS = 4
"""A title that begins with as many of the passage's own first words was cut off, not thought of."""
TEACHING_SHARE = 0.5
"""Of all blocks: others are greetings and talk."""


_LIST = re.compile(r"[,;/|\u3001\uff0c\uff1b]")


def chunk_scores(fixture: Fixture, record: TopicChunks) -> list[Score]:
    taken = words_taken(fixture.taxonomy)
    if not record.chunks:
        return _of_nothing(fixture, ("labels", "different_labels", "block_sizes", "summaries"))
    labels = [chunk.label for chunk in record.chunks]
    told = [(f"block '{short(c.label)}'", c) for c in record.chunks]
    return [
        score("labels", [_specific("block", labels, taken)]),
        score("different_labels", [_alike("block", labels, labels)]),
        score("block_sizes", [share(_sizes(told), len(told))]),
        score("summaries", [share(_no_summaries(told), len(told))]),
    ]


def moment_scores(fixture: Fixture, record: KeyMoments) -> list[Score]:
    if not record.moments:
        return _of_nothing(fixture, ("coverage", *_OF_A_MOMENT, "titles", "duplicates"))
    taken, moments = words_taken(fixture.taxonomy), record.moments
    titles = [moment.title for moment in moments]
    cut = [
        f"moment '{short(m.title)}': the title is how the passage begins; say what it teaches"
        for m in moments
        if _is_cut(m)
    ]
    empty = _specific("moment", titles, taken)
    return [
        score("coverage", [_blocks_with_moments(fixture, moments)]),
        *(score(dimension, map(check, moments)) for dimension, check in _OF_A_MOMENT.items()),
        score("titles", [share([*empty.why, *cut], len(titles))]),
        score(
            "duplicates", [_alike("moment", titles, [f"{m.title} {m.summary}" for m in moments])]
        ),
    ]


def class_scores(fixture: Fixture, record: Classifications) -> list[Score]:
    """That all moments are in one category is no fault: a video may be about one thing."""
    given = fixture.input.key_moments
    moments = {moment.moment_id: moment for moment in given.moments} if given else {}
    filed = {
        c.moment_id: (moments[c.moment_id], c)
        for c in record.classifications
        if c.moment_id in moments
    }
    lost = [
        f"moment '{short(m.title)}' has no class" for key, m in moments.items() if key not in filed
    ]
    return [
        score("coverage", [share(lost, len(moments))]),
        score("evidence", [_evidence(one, c) for one, c in filed.values()] or [Found(1.0)]),
        score("tags", [_tags(fixture.taxonomy, filed.values())]),
    ]


def _of_nothing(fixture: Fixture, dimensions: Iterable[str]) -> list[Score]:
    """A video in which nothing is said has no blocks and no moments; of any other, nothing is no answer."""
    given = fixture.input.transcripts
    value, why = (0.0, ("nothing was found",)) if given and given.segments else (1.0, ())
    return [Score(dimension, value, why=why) for dimension in dimensions]


# Blocks ------------------------------------------------------------------------------------------


def _specific(kind: str, titles: Sequence[str], taken: frozenset[str]) -> Found:
    wrong = [
        f"{kind} '{short(title)}' says nothing; name what is taught"
        for title in titles
        if says_nothing(title, taken)
    ]
    return share(wrong, len(titles))


def _alike(kind: str, titles: Sequence[str], texts: Sequence[str]) -> Found:
    compared = [" ".join(words_of(text)) for text in texts[:MAX_COMPARED]]
    wrong = []
    for number, text in enumerate(compared):
        for earlier, known in enumerate(compared[:number]):
            if values_in(text).keys() == values_in(known).keys() and fuzz.ratio(
                text, known, score_cutoff=ALIKE
            ):
                wrong.append(
                    f"{kind} '{short(titles[number])}' says the same as '{short(titles[earlier])}'"
                )
                break
    return share(wrong, len(compared))


def _sizes(told: Sequence[tuple[str, TopicChunk]]) -> list[str]:
    segments = told[-1][1].last_segment + 1
    wrong = []
    for name, chunk in told:
        if segments >= LONG_VIDEO_SEGMENTS and chunk.first_segment == chunk.last_segment:
            wrong.append(f"{name} is one segment of {segments}; join it to the block it belongs to")
        elif chunk.end_s - chunk.start_s > LONG_BLOCK_S:
            minutes = (chunk.end_s - chunk.start_s) / 60
            wrong.append(
                f"{name} is {minutes:.0f} minutes long; divide it where the subject changes"
            )
    return wrong


def _no_summaries(told: Sequence[tuple[str, TopicChunk]]) -> list[str]:
    wrong = []
    for name, chunk in told:
        if not set(words_of(chunk.summary)) - set(words_of(chunk.label)):
            wrong.append(f"the summary of {name} says no more than its label")
    return wrong


# Moments -----------------------------------------------------------------------------------------


def _all_of(moment: KeyMoment) -> str:
    return "\n".join((moment.title, moment.summary, moment.quote, moment.transcript))


def _is_cut(moment: KeyMoment) -> bool:
    title, said = words_of(moment.title), words_of(moment.transcript)
    return len(title) >= FIRST_WORDS and title[:FIRST_WORDS] == said[:FIRST_WORDS]


def _values(moment: KeyMoment) -> Found:
    said = values_in(moment.transcript)
    told = values_in("\n".join((moment.title, moment.summary)))
    wrong = [
        f"moment '{short(moment.title)}': '{short(written)}' is said, and not in its summary"
        for value, written in said.items()
        if value not in told
    ]
    return share(wrong, len(said))


def _span(moment: KeyMoment) -> Found:
    seconds = moment.end_s - moment.start_s
    why = f"moment '{short(moment.title)}' takes {seconds / 60:.1f} minutes; take the passage that teaches it"
    return falling(seconds, LONG_MOMENT_S, 3 * LONG_MOMENT_S, why)


def _quote(moment: KeyMoment) -> Found:
    quoted, said = word_count(moment.quote), word_count(moment.transcript)
    name = f"moment '{short(moment.title)}'"
    if not is_said(moment.quote, moment.transcript):
        return Found(0.0, (f"{name}: nobody says “{short(moment.quote)}”",))
    whole = said > SHORT_PASSAGE_WORDS and quoted >= WHOLE_PASSAGE * said
    if whole or quoted > LONG_QUOTE_WORDS:
        return Found(
            0.5, (f"{name}: the quote has {quoted} of {said} words; take the telling ones",)
        )
    return Found(1.0)


def _plugins(moment: KeyMoment) -> Found:
    wrong = [
        f"moment '{short(moment.title)}': {short(name)} is not said in it"
        for name in moment.plugins
        if not names(name, moment.transcript)
    ]
    return share(wrong, len(moment.plugins))


def _blocks_with_moments(fixture: Fixture, moments: Sequence[KeyMoment]) -> Found:
    blocks = fixture.input.topic_chunks.chunks if fixture.input.topic_chunks else ()
    starts = [m.first_segment for m in moments]
    silent = [b for b in blocks if not any(b.first_segment <= s <= b.last_segment for s in starts)]
    wanted = max(1, round(TEACHING_SHARE * len(blocks)))
    value = min(1.0, (len(blocks) - len(silent)) / wanted) if blocks else 1.0
    why = tuple(f"nothing is found in block '{short(block.label)}'" for block in silent)
    return Found(value, why if value < 1 else ())


# Classes -----------------------------------------------------------------------------------------


def _evidence(moment: KeyMoment, filed: Classification) -> Found:
    """A few words in a row, or several by themselves."""
    parts = [part for part in _LIST.split(filed.evidence) if words_of(part)]
    told = _all_of(moment)
    wrong = [
        f"moment '{short(moment.title)}': “{short(part)}” is not said in it; copy the words that decided"
        for part in parts
        if not is_said(part, told)
    ]
    nothing = Found(0.0, (f"moment '{short(moment.title)}': no words are given that decided",))
    return share(wrong, len(parts)) if parts else nothing


def _tags(taxonomy: Taxonomy, filed: Iterable[tuple[KeyMoment, Classification]]) -> Found:
    """Where a moment names a tag of its category, it has one; which ones fit is for a reader to say."""
    named, wrong = 0, []
    for moment, given in filed:
        category = taxonomy.category(given.category)
        tags = category.tags if category else ()
        told = [tag.name for tag in tags if _is_named((tag.key, tag.name, *tag.aliases), moment)]
        named += bool(told)
        if told and not given.tags:
            wrong.append(f"moment '{short(moment.title)}' speaks of {told[0]} and has no tag")
    return share(wrong, named)


def _is_named(words: Iterable[str], moment: KeyMoment) -> bool:
    told = f" {' '.join(words_of(f'{moment.title} {moment.summary}'))} "
    return any(f" {' '.join(words_of(word))} " in told for word in words)


_OF_A_MOMENT: dict[str, Callable[[KeyMoment], Found]] = {
    "values_kept": _values,
    "spans": _span,
    "quotes": _quote,
    "plugins": _plugins,
}
