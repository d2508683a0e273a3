"""How good the embedded engine's key moments are: the parts of meetings that people asked about; real music tutorials.

QMSum: ten passages of each meeting, of the engine, from the beginning, by chance (mean of 20 draws) and by TextRank
(Mihalcea and Tarau 2004). The meeting is one chunk, so that topics play no part. The others choose among windows of whole sentences
as long as the engine's passages are on average. `precision_at_10`: a passage counts when half of its words, or more, answer
one of the meeting's questions; fewer than ten count as misses. `coverage`: questions with such a passage. ROUGE: against the reference answers to all questions.
Music: what the product makes of transcripts by Whisper. The half that was tuned on (every second meeting and video, from the
first on) is only measured with `--tuning`.
"""

import json
import random
import re
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.report import Figure, arguments, print_figures
from benchmarks.rouge import rouge_l, rouge_n, words
from chrysopedia_assets.engines.extraction import ranked, units_of
from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.engines.text import VALUE, stems
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.transcripts import Segment, Transcript
from chrysopedia_assets.stages.key_moments import find_key_moments, spoken
from chrysopedia_assets.stages.topic_chunks import split_topics
from resources.clients.captions.read import read_transcript
from resources.clients.taxonomy import read_taxonomy
from resources.settings import PROJECT

DATA = PROJECT.parent / "shared" / "data"
K = 10
WORDS_PER_S = 2.5
"""Spoken."""
DRAWS, RESAMPLES = 20, 2_000
SEED = 1
TEXTRANK_STEPS, DAMPING = 50, 0.85

CHATTER = re.compile(
    r"\b(?:subscrib\w*|sponsor\w*|patreon|discount|coupon|promo code|brought to you|thumbs up|like button|smash that"
    r"|notification bell|newsletter|giveaway|merch|thanks for watching|thank you (?:so much )?for (?:watching|joining)|welcome (?:back|to (?:my|the))"
    r"|what's up|hey guys|hello (?:everyone|everybody|guys)|hi (?:everyone|everybody|guys)|see you (?:next|in the next|guys)|in the next video"
    r"|(?:link|links) (?:is |are )?(?:in the description|below)|in the comments?|follow me)\b",
    re.IGNORECASE,
)
"""Greetings, goodbyes, sponsors and pleas: written for the measurement, apart from what the engine knows of them."""

Span = tuple[int, int]
"""Segments from the first to the last, both included."""


@dataclass(frozen=True)
class Meeting:
    """A segment for each sentence; `questions` are the segments that answer each."""

    segments: tuple[Segment, ...]
    questions: Sequence[frozenset[int]]
    reference: str


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="with qmsum and whisper_music")
    parser.add_argument("--tuning", action="store_true", help="the half that was tuned on")
    given = parser.parse_args()
    taxonomy = read_taxonomy(PROJECT / "prompts" / "taxonomy.toml")
    half = slice(0 if given.tuning else 1, None, 2)
    meetings = list(read_meetings(given.data / "qmsum" / "val.jsonl"))[half]
    videos = sorted(p for p in (given.data / "whisper_music").glob("*.json") if p.name != "chapters.json")  # fmt: skip
    found = meeting_figures(meetings, Vocabulary(taxonomy))
    found |= music_figures(list(map(read_video, videos[half])), ExtractiveEngine(taxonomy))
    print_figures(found, given.json)


# Meetings ----------------------------------------------------------------------------------------


def read_meetings(path: Path) -> Iterator[Meeting]:
    for line in path.read_text().splitlines():
        meeting = json.loads(line)
        turns = [_sentences(turn["content"]) for turn in meeting["meeting_transcripts"]]
        said = [(turn, text) for turn, texts in enumerate(turns) for text in texts]
        segments, at = [], 0.0
        for _, text in said:
            until = at + len(text.split()) / WORDS_PER_S
            segments.append(Segment(start_s=at, end_s=until, text=text))
            at = until
        asked = meeting["specific_query_list"]
        spans = [[(int(a), int(b)) for a, b in query["relevant_text_span"]] for query in asked]
        yield Meeting(
            tuple(segments),
            [
                frozenset(n for n, (turn, _) in enumerate(said) if any(a <= turn <= b for a, b in of))
                for of in spans
            ],
            " ".join(q["answer"] for q in (*meeting["general_query_list"], *asked)),
        )  # fmt: skip


def _sentences(turn: str) -> list[str]:
    """One turn as it would be written: marks of noises gone, no space before a comma."""
    text = re.sub(r"\{\w+\}|<\w+>", " ", turn)
    text = re.sub(r"\s+(?=[,.?!;:]|'\w|n't\b)", "", " ".join(text.split()))
    return [part for part in re.split(r"(?<=[.?!])\s+", text) if part.strip(" .,?!-")]


def meeting_figures(meetings: Sequence[Meeting], vocabulary: Vocabulary) -> dict[str, Figure]:
    chance = random.Random(SEED)
    of_each: dict[str, dict[str, list[float]]] = {}
    for meeting in meetings:
        ours = engine(meeting, vocabulary)
        parts = windows(meeting, ours)
        draws = [chance.sample(parts, min(K, len(parts))) for _ in range(DRAWS)]
        for name, choices in {
            "engine": [ours],
            "lead": [parts[:K]],
            "random": draws,
            "textrank": [textrank(meeting, parts)[:K]],
        }.items():
            scored = [scores(meeting, spans) for spans in choices]
            for measure in scored[0]:
                mean = statistics.mean(one[measure] for one in scored)
                of_each.setdefault(measure, {}).setdefault(name, []).append(mean)
    return {name: f for measure, of in of_each.items() for name, f in _compared(measure, of)}


def _compared(measure: str, of: Mapping[str, Sequence[float]]) -> Iterator[tuple[str, Figure]]:
    """Each method's mean, and how far the engine is ahead of the best other one, meeting by meeting."""
    for name, values in of.items():
        note = f"{len(values)} meetings; 95% {interval(values)}"
        yield f"qmsum_{measure}_{name}", Figure(statistics.mean(values), "", note)
    best = max(
        (name for name in of if name != "engine"), key=lambda name: statistics.mean(of[name])
    )
    ahead = [a - b for a, b in zip(of["engine"], of[best], strict=True)]
    note = f"engine minus {best}, paired; 95% {interval(ahead)}"
    yield f"qmsum_{measure}_ahead", Figure(statistics.mean(ahead), "", note)


def interval(values: Sequence[float]) -> str:
    """Where the mean lies, by bootstrap."""
    chance = random.Random(SEED)
    means = sorted(statistics.mean(chance.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return f"{means[RESAMPLES // 40]:.3f} to {means[-RESAMPLES // 40 - 1]:.3f}"


def scores(meeting: Meeting, spans: Sequence[Span]) -> dict[str, float]:
    asked = meeting.questions
    hits = sum(any(_answers(meeting, span, question) for question in asked) for span in spans)
    covered = sum(any(_answers(meeting, span, question) for span in spans) for question in asked)
    found, wanted = words(" ".join(_text(meeting, s) for s in sorted(spans))), words(meeting.reference)  # fmt: skip
    return {
        "precision_at_10": hits / K,
        "coverage": covered / len(asked),
        "rouge1": rouge_n(found, wanted, 1),
        "rouge2": rouge_n(found, wanted, 2),
        "rougeL": rouge_l(found, wanted),
    }


def _answers(meeting: Meeting, span: Span, question: frozenset[int]) -> bool:
    sizes = {n: len(meeting.segments[n].text.split()) for n in range(span[0], span[1] + 1)}
    return 2 * sum(size for n, size in sizes.items() if n in question) >= sum(sizes.values())


def _text(meeting: Meeting, span: Span) -> str:
    return spoken(meeting.segments[span[0] : span[1] + 1])


def engine(meeting: Meeting, vocabulary: Vocabulary) -> list[Span]:
    units = units_of(meeting.segments, vocabulary)
    best = islice(ranked(units), K)
    return [(units[passage.first].first, units[passage.last].last) for passage in best]


def windows(meeting: Meeting, like: Sequence[Span]) -> list[Span]:
    """The meeting cut into whole sentences, each part about as many words as `like` have on average."""
    sizes = [len(segment.text.split()) for segment in meeting.segments]
    wanted = statistics.mean(sum(sizes[a : b + 1]) for a, b in like) if like else 50.0
    parts, start, held = [], 0, 0
    for n, size in enumerate(sizes):
        held += size
        if held + size / 2 >= wanted:
            parts.append((start, n))
            start, held = n + 1, 0
    return parts


def textrank(meeting: Meeting, parts: Sequence[Span]) -> list[Span]:
    """By power iteration over the words that two windows share, by the logarithms of their lengths."""
    bags = [frozenset(stems(_text(meeting, part))) for part in parts]
    alike = np.zeros((len(bags), len(bags)))
    for a, one in enumerate(bags):
        for b, other in enumerate(bags[:a]):
            if one & other:
                alike[a, b] = alike[b, a] = len(one & other) / np.log((len(one) + 1) * (len(other) + 1))  # fmt: skip
    given = alike / np.maximum(alike.sum(axis=1, keepdims=True), 1e-9)
    rank = np.full(len(bags), 1.0)
    for _ in range(TEXTRANK_STEPS):
        rank = 1 - DAMPING + DAMPING * (given.T @ rank)
    return [parts[n] for n in np.argsort(-rank, kind="stable")]


# Music -------------------------------------------------------------------------------------------


def read_video(path: Path) -> Transcript:
    source = read_transcript(path)
    return Transcript(
        video=Video(video_id=path.stem.casefold().strip("_-"), title=path.stem, creator="-"),
        made_by="-",
        language="en",
        duration_s=source.end_s,
        segments=source.segments,
    )


def music_figures(videos: Sequence[Transcript], engine: ExtractiveEngine) -> dict[str, Figure]:
    made = [(v, find_key_moments(v, split_topics(v, engine), engine).moments) for v in videos]
    moments = [moment for _, of in made for moment in of]
    values = [(value, of) for video, of in made for value in values_of(spoken(video.segments))]
    kept = sum(any(value in values_of(m.summary + " " + m.quote + " " + m.title) for m in of) for value, of in values)  # fmt: skip
    verbatim = sum(m.quote in spoken(video.segments) for video, of in made for m in of)
    note = f"{len(moments)} moments of {len(videos)} videos"

    def share(holds: Callable[[KeyMoment], bool]) -> float:
        return statistics.mean(map(holds, moments))

    return {
        "music_titles_own": Figure(share(lambda m: not opens_with(m)), "", f"{note}: title is not the quote's first words"),
        "music_titles_clause": Figure(share(lambda m: not is_list(m.title)), "", "title says something of its subject, not a list of words"),
        "music_quotes_verbatim": Figure(verbatim / len(moments), "", "in the transcript, letter by letter"),
        "music_values_kept": Figure(kept / len(values), "", f"of {len(values)} values spoken: in a title, summary or quote"),
        "music_chatter": Figure(sum(chatters(m) for m in moments), "moments", "with a greeting, sponsor or plea"),
    }  # fmt: skip


def values_of(text: str) -> set[str]:
    """Numbers with what they measure, as written."""
    return {" ".join(match[0].casefold().split()) for match in VALUE.finditer(text)}


def opens_with(moment: KeyMoment) -> bool:
    """Whether the title is only how the quote begins."""
    title = words(moment.title)
    return words(moment.quote)[: len(title)] == title


def is_list(title: str) -> bool:
    """ "Vocal and Breakdown": after the subject nothing but nouns that "and" joins."""
    rest = title.rpartition(":")[2].split()
    return len(rest) < 2 or (all(w[0].isupper() or w == "and" for w in rest) and "and" in rest)  # fmt: skip


def chatters(moment: KeyMoment) -> bool:
    return bool(CHATTER.search(f"{moment.title} {moment.summary} {moment.quote}"))


if __name__ == "__main__":
    main()
