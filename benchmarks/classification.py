"""How well the embedded engine files moments: macro F1 over labelled moments that it was not tuned on, beside two baselines.

Each moment is asked about alone, without the help of the video around it. `baseline_majority` files all under one category,
`baseline_keywords` under the one with most of the taxonomy's names and aliases in the text, the first on a tie. With `--data`
also passages of real tutorials, each with the others of its video: `real_accuracy`.
"""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import Figure, arguments, print_figures
from chrysopedia_assets.engines.cleaning import cleaned
from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.engines.text import sentences
from chrysopedia_assets.engines.titles import best_title
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.models.key_moments import MAX_MOMENT_CHARS, KeyMoment, KeyMoments
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.classifications import classify
from resources.clients.captions.read import read_transcript
from resources.clients.taxonomy import read_taxonomy
from resources.settings import PROJECT

LABELS = PROJECT / "benchmarks" / "data"
UNSEEN = "unseen"
VIDEO = Video(video_id="video", title="A Video", creator="Nobody")


@dataclass(frozen=True)
class Labelled:
    """What is said, and what it is filed under by hand; `kind` is how hard it is (see the file)."""

    said: str
    category: str
    tags: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class Filed:
    """A labelled moment with what was made of it."""

    label: Labelled
    category: str
    tags: tuple[str, ...]
    sure: bool

    @property
    def right(self) -> bool:
        return self.category == self.label.category


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--tuning", action="store_true", help="the other half, for who tunes")
    parser.add_argument(
        "--data", type=Path, help="the folder with whisper_music, for real passages"
    )
    given = parser.parse_args()
    taxonomy = read_taxonomy(PROJECT / "prompts" / "taxonomy.toml")
    labels = tuning() if given.tuning else held_out()
    filed = filed_by_engine(labels, taxonomy)
    found = figures(filed, taxonomy)
    if not given.tuning:
        found |= unseen_figures(filed_by_engine(unseen(), taxonomy), taxonomy)
    if given.data:
        found |= real_figures(given.data / "whisper_music", taxonomy)
    print_figures(found, given.json)
    if not given.json:
        print("\n" + confusion(filed, taxonomy))
    if given.tuning:
        for one in filed:
            if not one.right:
                how = f"{one.label.category} filed as {one.category} ({one.label.kind})"
                print(f"\n{how}: {one.label.said}")


def held_out() -> list[Labelled]:
    """Every second moment of each kind of each category, from the second on."""
    return [label for label, held in _halves() if held]


def tuning() -> list[Labelled]:
    return [label for label, held in _halves() if not held]


def unseen() -> list[Labelled]:
    """Written when the engine was done: neither tuned on nor held out."""
    return [label for label in _labelled() if label.kind == UNSEEN]


def _halves() -> Iterator[tuple[Labelled, bool]]:
    seen: Counter[tuple[str, str]] = Counter()
    for label in _labelled():
        if label.kind != UNSEEN:
            seen[label.category, label.kind] += 1
            yield label, seen[label.category, label.kind] % 2 == 0


def _labelled() -> Iterator[Labelled]:
    for category, rows in tomllib.loads((LABELS / "moments.toml").read_text("utf-8")).items():
        for row in rows:
            yield Labelled(row["said"], category, tuple(row["tags"]), row["kind"])


def filed_by_engine(labels: Sequence[Labelled], taxonomy: Taxonomy) -> list[Filed]:
    """Each alone."""
    return [filed for label in labels for filed in filed_together([label], taxonomy)]


def filed_together(labels: Sequence[Labelled], taxonomy: Taxonomy) -> list[Filed]:
    """As moments of one video."""
    vocabulary = Vocabulary(taxonomy)
    moments = tuple(moment_of(label.said, n, vocabulary) for n, label in enumerate(labels))
    given = KeyMoments(video=VIDEO, made_by="by hand", moments=moments)
    found = classify(given, taxonomy, ExtractiveEngine(taxonomy)).classifications
    return [
        Filed(label, one.category, one.tags, not one.doubt)
        for label, one in zip(labels, found, strict=True)
    ]


def real_figures(folder: Path, taxonomy: Taxonomy) -> dict[str, Figure]:
    filed: list[Filed] = []
    for name, rows in tomllib.loads((LABELS / "real_moments.toml").read_text("utf-8")).items():
        segments = read_transcript(folder / f"{name}.json").segments
        labels = []
        for row in rows:
            place, category = row.split()
            first, last = map(int, place.split("-"))
            said = " ".join(segment.text for segment in segments[first : last + 1])
            labels.append(Labelled(said, category, (), "real"))
        filed += filed_together(labels, taxonomy)
    sure = [one for one in filed if one.sure]
    unsure = [one for one in filed if not one.sure]
    words = [_as(one.label, _most_words(one.label.said, taxonomy)) for one in filed]
    return {
        "real_accuracy": Figure(accuracy(filed), "share", f"{len(filed)} passages of six videos"),
        "real_macro_f1": Figure(macro_f1(filed), "F1", "one category has one passage"),
        "real_unsure": Figure(len(unsure) / len(filed), "share", "of the passages"),
        "real_accuracy_when_sure": Figure(accuracy(sure), "share", f"{len(sure)} passages"),
        "real_accuracy_when_unsure": Figure(accuracy(unsure), "share", f"{len(unsure)} passages"),
        "real_baseline_keywords": Figure(accuracy(words), "share"),
    }


def moment_of(said: str, number: int, vocabulary: Vocabulary) -> KeyMoment:
    """As the engine's extraction would hand it on, if it chose just this passage."""
    clean = [text for a, b in sentences(said) if (text := cleaned(said[a:b]))]
    return KeyMoment(
        moment_id=f"moment-{number}",
        first_segment=number,
        last_segment=number,
        start_s=60.0 * number,
        end_s=60.0 * number + 30.0,
        title=best_title(clean, (), vocabulary) or clean[0][:80],
        summary=" ".join(clean)[:2_000],
        kind="technique",
        quote=said[:300],
        plugins=vocabulary.plugins(said),
        transcript=said[:MAX_MOMENT_CHARS],
    )


def figures(filed: Sequence[Filed], taxonomy: Taxonomy) -> dict[str, Figure]:
    labels = [one.label for one in filed]
    truth = [label.category for label in labels]
    sure = [one for one in filed if one.sure]
    unsure = [one for one in filed if not one.sure]
    majority = Counter(truth).most_common(1)[0][0]
    found = {
        "macro_f1": Figure(macro_f1(filed), "F1", f"{len(filed)} moments"),
        "accuracy": Figure(accuracy(filed), "share", _by_kind(filed)),
        "unsure": Figure(len(unsure) / len(filed), "share", "of the moments"),
        "accuracy_when_sure": Figure(accuracy(sure), "share", f"{len(sure)} moments"),
        "accuracy_when_unsure": Figure(accuracy(unsure), "share", f"{len(unsure)} moments"),
        "tags_precision": Figure(*_tags(filed, precision=True)),
        "tags_recall": Figure(*_tags(filed, precision=False)),
        "baseline_majority": Figure(macro_f1([_as(one, majority) for one in labels]), "F1"),
        "baseline_keywords": Figure(
            macro_f1([_as(one, _most_words(one.said, taxonomy)) for one in labels]), "F1"
        ),
    }
    for category in taxonomy.categories:
        precision, recall = _precision(filed, category.key), _recall(filed, category.key)
        note = f"precision {precision:.2f}, recall {recall:.2f}"
        found[f"f1_{category.key}"] = Figure(_f1(precision, recall), "F1", note)
    return found


def unseen_figures(filed: Sequence[Filed], taxonomy: Taxonomy) -> dict[str, Figure]:
    words = [_as(one.label, _most_words(one.label.said, taxonomy)) for one in filed]
    return {
        "unseen_macro_f1": Figure(macro_f1(filed), "F1", f"{len(filed)} moments"),
        "unseen_accuracy": Figure(accuracy(filed), "share"),
        "unseen_accuracy_when_sure": Figure(accuracy([o for o in filed if o.sure]), "share", f"{sum(o.sure for o in filed)} moments"),
        "unseen_baseline_keywords": Figure(macro_f1(words), "F1"),
    }  # fmt: skip


def macro_f1(filed: Sequence[Filed]) -> float:
    """Over the categories that the labels have, each counting the same."""
    keys = {one.label.category for one in filed}
    return sum(_f1(_precision(filed, key), _recall(filed, key)) for key in keys) / len(keys)


def accuracy(filed: Sequence[Filed]) -> float:
    return sum(one.right for one in filed) / max(len(filed), 1)


def confusion(filed: Sequence[Filed], taxonomy: Taxonomy) -> str:
    """Rows are what a moment is, columns what it was filed as."""
    keys = [category.key for category in taxonomy.categories]
    counts = Counter((one.label.category, one.category) for one in filed)
    head = " " * 14 + "".join(f"{key[:9]:>10}" for key in keys)
    rows = [f"{row:14}" + "".join(f"{counts[row, key] or '.':>10}" for key in keys) for row in keys]
    return "\n".join([head, *rows])


def _by_kind(filed: Sequence[Filed]) -> str:
    kinds: dict[str, list[Filed]] = defaultdict(list)
    for one in filed:
        kinds[one.label.kind].append(one)
    return ", ".join(f"{kind} {accuracy(part):.2f}" for kind, part in kinds.items())


def _precision(filed: Sequence[Filed], key: str) -> float:
    return accuracy([one for one in filed if one.category == key])


def _recall(filed: Sequence[Filed], key: str) -> float:
    return accuracy([one for one in filed if one.label.category == key])


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / ((precision + recall) or 1.0)


def _tags(filed: Sequence[Filed], *, precision: bool) -> tuple[float, str, str]:
    """Of moments in the right category: a tag there is also the label's."""
    right = [one for one in filed if one.right]
    both = sum(len(set(one.tags) & set(one.label.tags)) for one in right)
    of = sum(len(one.tags if precision else one.label.tags) for one in right)
    return both / max(of, 1), "share", "of the tags, where the category is right"


def _as(label: Labelled, category: str) -> Filed:
    return Filed(label, category, (), sure=True)


def _most_words(said: str, taxonomy: Taxonomy) -> str:
    def count(words: Iterable[str]) -> int:
        return sum(len(re.findall(rf"\b{re.escape(w)}\b", said, re.IGNORECASE)) for w in words)

    def score(position: int) -> tuple[int, int]:
        category = taxonomy.categories[position]
        words = [category.name, *category.aliases]
        words += [word for tag in category.tags for word in (tag.name, *tag.aliases)]
        return count(words), -position

    return taxonomy.categories[max(range(len(taxonomy.categories)), key=score)].key


if __name__ == "__main__":
    main()
