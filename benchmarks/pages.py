"""What the embedded engine's pages are like to read: quotations word for word, nothing that was not said, nothing said twice.

Pages of the bundled samples, and with `--data` of six real tutorials (`real_...`). `sentences_said`: outside of quotations, each
word of the sentence is said in the passage that its paragraph cites, in this order, but for mended spellings and the fixed phrases
that name the speaker. `specific_titles`: those of sections that are neither a word of the taxonomy alone nor over two sections.
"""

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

from benchmarks.report import Figure, arguments, print_figures
from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.engines.prose import ATTRIBUTIONS
from chrysopedia_assets.engines.synthesis import says_the_same
from chrysopedia_assets.engines.text import sentences
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.harness.page_checks import words_taken
from chrysopedia_assets.inspection.page_text import GOOD_READING_S, page_reading_s, quoted
from chrysopedia_assets.inspection.words import (
    is_said,
    is_shortened,
    says_nothing,
    without_quotations,
    words_of,
)
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.models.technique_pages import CITATION, Subsection, TechniquePage, texts_of
from chrysopedia_assets.stages.classifications import classify
from chrysopedia_assets.stages.key_moments import find_key_moments
from chrysopedia_assets.stages.synthesis_groups import group_for_synthesis
from chrysopedia_assets.stages.technique_pages import write_pages
from chrysopedia_assets.stages.topic_chunks import split_topics
from chrysopedia_assets.stages.transcripts import make_transcript
from resources.clients.captions.read import read_transcript
from resources.clients.taxonomy import read_taxonomy
from resources.settings import PROJECT

CREATOR = "Ada Fader"
_ESCAPE = re.compile(r"\\(.)")

Made = tuple[TechniquePage, dict[str, KeyMoment]]
"""A page, and the moments of its video by their ids."""


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, help="the folder with whisper_music")
    given = parser.parse_args()
    taxonomy = read_taxonomy(PROJECT / "prompts" / "taxonomy.toml")
    samples = [p for p in sorted((PROJECT / "samples").glob("*/*")) if ".info" not in p.suffixes]
    found = figures(list(pages_of(samples, taxonomy)), taxonomy)
    if given.data:
        files = sorted((given.data / "whisper_music").glob("*.json"))
        real = [path for path in files if path.name != "chapters.json"]
        made = figures(list(pages_of(real, taxonomy)), taxonomy)
        found |= {f"real_{name}": figure for name, figure in made.items()}
    print_figures(found, given.json)


def pages_of(files: Iterable[Path], taxonomy: Taxonomy) -> Iterator[Made]:
    """All stages, as the product runs them on a new file."""
    ask = ExtractiveEngine(taxonomy)
    for path in files:
        video = Video(video_id=path.stem, title=path.stem, creator=CREATOR)
        transcript = make_transcript(video, read_transcript(path))
        moments = find_key_moments(transcript, split_topics(transcript, ask), ask)
        groups = group_for_synthesis(moments, classify(moments, taxonomy, ask))
        known = {moment.moment_id: moment for moment in moments.moments}
        yield from ((page, known) for page in write_pages(groups, ask).pages)


def figures(made: Sequence[Made], taxonomy: Taxonomy) -> dict[str, Figure]:
    vocabulary = Vocabulary(taxonomy)
    quotes = [(quote, _said(page, moments)) for page, moments in made for quote in quoted(page)]
    told = [one for page, moments in made for one in _told(page, moments, vocabulary)]
    titles = [t for page, _ in made for s in page.sections for t in _titles(s.title, s.subsections)]
    times = [page_reading_s(page) for page, _ in made]
    return {
        "quotations_verbatim": Figure(
            _share(is_said(quote, said) for quote, said in quotes), "share", f"{len(quotes)} on {len(made)} pages"
        ),
        "sentences_said": Figure(_share(told), "share", f"{len(told)} outside of quotations"),
        "duplicate_pairs": Figure(sum(map(_pairs, (page for page, _ in made))), "pairs", "sentences of one page that say the same"),
        "specific_titles": Figure(_specific(titles, taxonomy), "share", f"{len(titles)} titles of sections"),
        "reading_s": Figure(statistics.mean(times), "s", "a page, mean"),
        "longest_reading_s": Figure(max(times), "s", f"{sum(t > GOOD_READING_S for t in times)} over {GOOD_READING_S} s"),
    }  # fmt: skip


def _titles(title: str, parts: Iterable[Subsection]) -> list[str]:
    return [title, *(part.title for part in parts)]


def _share(found: Iterable[bool]) -> float:
    seen = list(found)
    return sum(seen) / max(len(seen), 1)


def _said(page: TechniquePage, moments: dict[str, KeyMoment]) -> str:
    return "\n".join(moments[citation.moment_id].transcript for citation in page.citations)


def _told(
    page: TechniquePage, moments: dict[str, KeyMoment], vocabulary: Vocabulary
) -> Iterator[bool]:
    """For each sentence outside of quotations whether the moments that its paragraph cites say it."""
    by_number = {c.number: moments[c.moment_id].transcript for c in page.citations}
    for text in texts_of(page.sections):
        said = " ".join(by_number[int(number)] for number in CITATION.findall(text))
        heard = words_of(f"{said} {vocabulary.mended(said, said)}")
        for sentence in _sentences(text):
            yield is_shortened(sentence, heard)


def _sentences(text: str) -> Iterator[str]:
    plain = without_quotations(_ESCAPE.sub(r"\1", CITATION.sub(" ", text)))
    for form in ATTRIBUTIONS:
        lead, _, _ = form.replace("{name}", CREATOR).partition('"')
        plain = plain.replace(lead.strip(), " ")
    for start, end in sentences(plain):
        if words_of(plain[start:end]):
            yield plain[start:end]


def _pairs(page: TechniquePage) -> int:
    texts = [_ESCAPE.sub(r"\1", CITATION.sub(" ", text)) for text in texts_of(page.sections)]
    said = [text[a:b] for text in texts for a, b in sentences(text)]
    return sum(says_the_same(a, b) or says_the_same(b, a) for a, b in combinations(said, 2))


def _specific(titles: Sequence[str], taxonomy: Taxonomy) -> float:
    counts, taken = Counter(title.casefold() for title in titles), words_taken(taxonomy)
    return _share(counts[t.casefold()] == 1 and not says_nothing(t, taken) for t in titles)


if __name__ == "__main__":
    main()
