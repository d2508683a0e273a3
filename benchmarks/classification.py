"""How well the embedded engine files moments: macro F1 over labelled moments that it was not tuned on, beside two baselines.

Each moment is asked about alone, without the help of the video around it. `baseline_majority` files all under one category,
`baseline_keywords` under the one with most of the taxonomy's names and aliases in the text, the first on a tie.
"""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.report import Figure, arguments, print_figures
from chrysopedia_assets.engines.cleaning import cleaned
from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.engines.text import sentences
from chrysopedia_assets.engines.titles import best_title
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.models.classifications import Classification
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.classifications import classify
from resources.settings import PROJECT

MOMENTS = PROJECT / "benchmarks" / "data" / "moments.toml"
TAXONOMY = PROJECT / "prompts" / "taxonomy.toml"


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
    given = parser.parse_args()
    taxonomy = shipped_taxonomy()
    labels = tuning() if given.tuning else held_out()
    filed = filed_by_engine(labels, taxonomy)
    print_figures(figures(filed, taxonomy), given.json)
    if not given.json:
        print("\n" + confusion(filed, taxonomy))
    if given.tuning:
        for one in filed:
            if not one.right:
                print(f"\n{one.label.category} filed as {one.category} ({one.label.kind}): {one.label.said}")


def held_out() -> list[Labelled]:
    """Every second moment of each kind of each category, from the second on."""
    return [label for label, held in _halves() if held]


def tuning() -> list[Labelled]:
    return [label for label, held in _halves() if not held]


def _halves() -> Iterable[tuple[Labelled, bool]]:
    seen: Counter[tuple[str, str]] = Counter()
    for category, rows in tomllib.loads(MOMENTS.read_text("utf-8")).items():
        for row in rows:
            seen[category, row["kind"]] += 1
            label = Labelled(row["said"], category, tuple(row["tags"]), row["kind"])
            yield label, seen[category, label.kind] % 2 == 0


def shipped_taxonomy() -> Taxonomy:
    return Taxonomy.model_validate(tomllib.loads(TAXONOMY.read_text("utf-8")))


def filed_by_engine(labels: Sequence[Labelled], taxonomy: Taxonomy) -> list[Filed]:
    ask, vocabulary = ExtractiveEngine(taxonomy), Vocabulary(taxonomy)
    video = Video(video_id="alone", title="Alone", creator="Nobody")

    def alone(label: Labelled) -> Classification:
        moment = moment_of(label.said, vocabulary)
        given = KeyMoments(video=video, made_by="by hand", moments=(moment,))
        [found] = classify(given, taxonomy, ask).classifications
        return found

    found = [(label, alone(label)) for label in labels]
    return [Filed(label, one.category, one.tags, not one.doubt) for label, one in found]


def moment_of(said: str, vocabulary: Vocabulary) -> KeyMoment:
    """As the engine's extraction would hand it on, if it chose just this passage."""
    clean = [text for a, b in sentences(said) if (text := cleaned(said[a:b]))]
    return KeyMoment(
        moment_id="alone",
        first_segment=0,
        last_segment=0,
        start_s=0.0,
        end_s=30.0,
        title=best_title(clean, (), vocabulary) or clean[0][:80],
        summary=" ".join(clean),
        kind="technique",
        quote=said,
        plugins=vocabulary.plugins(said),
        transcript=said,
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
