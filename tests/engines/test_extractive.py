"""The engine as a whole: any transcript goes through all stages, every rule holds, and twice is the same as once."""

import ast
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chrysopedia_assets.engines import extractive
from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.transcripts import Segment
from chrysopedia_assets.stages.ports import Given
from chrysopedia_assets.stages.topic_chunks import SegmentationInput, SegmentationQuestion
from tests.builders import PROJECT, all_stages, product_taxonomy, transcript, transcript_of, video

TAXONOMY = product_taxonomy()
ENGINE = ExtractiveEngine(TAXONOMY)

WORDS = [
    "um", "so", "okay", "set", "the", "reverb", "to", "300 hertz", "because", "it", "[1](javascript:x)", "<script>",
    "don't", "Pro-Q 3", "compressor,", "then", "limiter.", "first", "I", "you", "turn", "it", "down.", "4 to 1", "-6 dB",
    "混音。", "ミックス", "Ünïcödé", "🎛️", "\\", "*_#", "\u202e", "\u200b", "'", '"', "1.", "...", "?!", "AAAA", "it's",
]  # fmt: skip
SPEECH = st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join)
WEIRD = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=80
)
LENGTHS = st.sampled_from([0.0, 0.01, 1.0, 4.5, 30.0, 900.0])


@st.composite
def segments(draw: st.DrawFn) -> tuple[Segment, ...]:
    """Segments in order; some overlap, some have no length, some follow a long silence."""
    start_s, found = 0.0, []
    for text, length_s, step_s in draw(
        st.lists(st.tuples(SPEECH | WEIRD, LENGTHS, LENGTHS), min_size=1, max_size=40)
    ):
        found.append(Segment(start_s=start_s, end_s=start_s + length_s, text=text))
        start_s += step_s
    return tuple(found)


@settings(deadline=None, max_examples=150)
@given(segments())
def test_any_transcript_goes_through_all_stages(spoken: tuple[Segment, ...]) -> None:
    found = all_stages(transcript_of(spoken), TAXONOMY, ENGINE)
    on_pages = [c.moment_id for page in found.pages.pages for c in page.citations]
    left_out = [moment.moment_id for moment in found.pages.unused]
    assert sorted(on_pages + left_out) == sorted(m.moment_id for m in found.moments.moments)
    assert found.chunks.chunks[-1].last_segment == len(spoken) - 1


@settings(deadline=None, max_examples=20)
@given(segments())
def test_the_same_transcript_gives_the_same_pages(spoken: tuple[Segment, ...]) -> None:
    source = transcript_of(spoken)
    assert all_stages(source, TAXONOMY, ENGINE) == all_stages(
        source, TAXONOMY, ExtractiveEngine(TAXONOMY)
    )


@pytest.mark.parametrize(
    "text", ["x" * 5_000, "wort " * 1_000, "字" * 5_000, "I set it to 3 dB. " * 280]
)
def test_a_segment_of_thousands_of_characters_goes_through(text: str) -> None:
    all_stages(transcript(text.strip()), TAXONOMY, ENGINE)


def test_a_question_of_an_unknown_kind_is_refused() -> None:
    class Unknown(Given):
        pass

    question = replace(
        SegmentationQuestion(SegmentationInput(video=video(), segments=transcript("a").segments)),
        given=Unknown(video=video()),
    )
    with pytest.raises(ConfigurationError, match="extractive 2 has no reply"):
        ENGINE([question])


def test_the_engine_reaches_for_nothing_outside() -> None:
    allowed = {
        "chrysopedia_assets",
        "numpy",
        "re",
        "math",
        "itertools",
        "functools",
        "collections",
        "dataclasses",
        "typing",
    }
    folder = PROJECT / "chrysopedia_assets/engines"
    assert extractive.__file__ is not None
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] in allowed, f"{path.name} imports {name}"
                assert not name.startswith(("chrysopedia_assets.assets", "chrysopedia_assets.cli"))
