"""What code sees in a result: a good one has nothing wrong, and each fault is seen in its own dimension and no other."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chrysopedia_assets.harness.checks import code_scores
from chrysopedia_assets.harness.findings import MAX_REASONS
from chrysopedia_assets.harness.fixtures import Fixture, Records
from chrysopedia_assets.harness.scores import Score, overall
from chrysopedia_assets.inspection.words import quotations, says_nothing, values_in, word_count
from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.records import StageRecord
from chrysopedia_assets.models.synthesis_groups import SynthesisGroup, SynthesisGroups
from chrysopedia_assets.models.technique_pages import (
    Citation,
    Section,
    SignalChain,
    TechniquePage,
    TechniquePages,
    UnusedMoment,
)
from chrysopedia_assets.models.topic_chunks import TopicChunks
from tests.builders import grouped, moment, video
from tests.harness.builders import fixture

DUCK = moment(
    "Duck the bass by 6 dB",
    "I duck the bass by 6 dB with a 90 millisecond release so that the kick has room",
)
DRIVE = moment(
    "Saturate after the duck",
    "the saturator comes after the duck else it pumps in the harmonics",
    number=2,
    plugins=("Saturn 2",),
)
RATIO = moment(
    "Glue the drums at 4 to 1",
    "the drum bus gets a ratio of 4 to 1 and not a hair more because more is a pancake",
    number=3,
)
MOMENTS = (DUCK, DRIVE, RATIO)
GIVEN = fixture().model_copy(
    update={
        "video": video(),
        "input": Records(
            synthesis_groups=SynthesisGroups(
                video=video(),
                made_by="code",
                groups=(
                    SynthesisGroup(
                        group_id="g", category="mixing", tokens=9, moments=grouped(*MOMENTS)
                    ),
                ),
            )
        ),
    }
)
SECTIONS = (
    Section(
        title="Six dB of ducking, released in 90 ms",
        body="Duck the bass by 6 dB and let it come back within 90 ms, which gives the kick its room [1].",
    ),
    Section(
        title="Saturn 2 stands behind the duck",
        body="Ada Fader drives the bass only after it: “else it pumps in the harmonics” [2].",
    ),
    Section(
        title="The drum bus at 4:1",
        body="Compress the drums at 4:1. Ada Fader warns that “more is a pancake” [3].",
    ),
)


def page(**changes: object) -> TechniquePage:
    made = TechniquePage(
        page_id="p1",
        title="A saturated bass that leaves room for the kick",
        summary="The bass ducks by 6 dB for the kick, and Saturn 2 comes after that [1][2].",
        category="mixing",
        source_quality="mixed",
        sections=SECTIONS,
        citations=tuple(cite(number, one) for number, one in enumerate(MOMENTS, start=1)),
    )
    return made.model_copy(update=changes)


def cite(number: int, one: KeyMoment) -> Citation:
    return Citation(
        number=number,
        moment_id=one.moment_id,
        title=one.title,
        start_s=one.start_s,
        end_s=one.end_s,
        quote=one.quote,
    )


def pages(*made: TechniquePage, **changes: object) -> TechniquePages:
    return TechniquePages(video=video(), made_by="test", pages=made).model_copy(update=changes)


def scored(record: StageRecord, of: Fixture = GIVEN) -> dict[str, Score]:
    return {score.dimension: score for score in code_scores(of, record)}


def lowered(record: StageRecord, of: Fixture = GIVEN) -> set[str]:
    return {name for name, score in scored(record, of).items() if score.value < 1}


def with_section(number: int, **changes: object) -> TechniquePage:
    sections = list(SECTIONS)
    sections[number] = sections[number].model_copy(update=changes)
    return page(sections=tuple(sections))


def body(number: int, old: str, new: str) -> TechniquePage:
    assert old in SECTIONS[number].body
    return with_section(number, body=SECTIONS[number].body.replace(old, new))


def more_words(words: int) -> TechniquePage:
    """In the last section, where nothing else changes."""
    filled = " ".join(f"word{chr(97 + n % 26)}" for n in range(words))
    return body(2, "[3].", f"{filled} [3].")


MUTATIONS: dict[str, tuple[Callable[[], TechniquePages], str]] = {
    "citations": (lambda: pages(body(0, " [1]", "")), "nothing is cited for “Duck the bass"),
    "quotes": (lambda: pages(body(1, "harmonics”", "overtones”")), "nobody says “else it pumps"),
    "coverage": (
        lambda: pages(
            page(),
            unused=(UnusedMoment(moment_id="m9", title="Name files", start_s=9, reason="dull"),),
        ),
        "no page tells 'Name files' (dull)",
    ),
    "values_kept": (
        lambda: pages(
            page(
                sections=(
                    Section(
                        title="Six dB of ducking",
                        body="Duck the bass by 6 dB and let it come back soon, which gives the kick room [1].",
                    ),
                    *SECTIONS[1:],
                )
            )
        ),
        "'90 millisecond' is said, and is not on the page",
    ),
    "values_said": (
        lambda: pages(body(0, "its room", "its room at 60 Hz")),
        "'60 Hz' is on the page, and nobody says it",
    ),
    "section_titles": (
        lambda: pages(with_section(1, title="Overview")),
        "'Overview' says nothing; name what stands below it",
    ),
    "sections": (
        lambda: pages(
            page(
                sections=(
                    *SECTIONS,
                    *(
                        Section(title=f"Step {word} for kick and bass", body=f"{word} is done [1].")
                        for word in ("red", "opening", "quite late", "unmistakable", "by ear")
                    ),
                )
            )
        ),
        "8 sections; join what belongs together",
    ),
    "length": (lambda: pages(more_words(370)), "about 400 are enough"),
    "reading_time": (
        lambda: pages(
            page(
                signal_chains=tuple(
                    SignalChain(title="The whole way of the bass", steps=("a b c d e f", "g h i j"))
                    for _ in range(30)
                )
            )
        ),
        "to read with its summary and chains",
    ),
    "duplicates": (
        lambda: pages(
            page(
                sections=(
                    *SECTIONS,
                    SECTIONS[0].model_copy(
                        update={"body": SECTIONS[0].body.replace("its room", "some room")}
                    ),
                )
            )
        ),
        "says the same as 'Six dB of ducking",
    ),
    "attribution": (
        lambda: pages(body(2, "Ada Fader warns that", "Beware:")),
        "does not say that “more is a pancake” is Ada Fader's",
    ),
}


def test_a_good_page_has_nothing_wrong_and_each_dimension_has_a_fault_below() -> None:
    found = scored(pages(page()))
    assert {name: score.why for name, score in found.items() if score.value < 1} == {}
    assert found.keys() == MUTATIONS.keys()
    assert all(score.by == "code" and not score.why for score in found.values())
    assert overall(found.values()) == 1


@pytest.mark.parametrize("dimension", MUTATIONS)
def test_a_fault_lowers_its_own_dimension_and_says_what_to_do(dimension: str) -> None:
    make, told = MUTATIONS[dimension]
    assert lowered(make()) == {dimension}
    [why, *_] = scored(make())[dimension].why
    assert told in why


def test_the_same_value_in_other_words_is_kept() -> None:
    for said, written in (
        ("90 milliseconds", "90 ms"),
        ("3 kilohertz", "3,000 Hz"),
        ("2.5k", "2500 hertz"),
        ("a ratio of 4 to 1.", "4:1"),
        ("1,5 Sekunden", "1500 ms"),
        ("cut 6 decibels", "-6 dB"),
        ("90毫秒", "90 ms"),
        ("20 percent", "20%"),
    ):
        assert values_in(said).keys() == values_in(written).keys() != set(), (said, written)


def test_what_only_looks_like_a_value_is_none() -> None:
    for text in (
        "808 kicks",
        "the 1st",
        "3 beats",
        "in 2019",
        "Serum 2 makes",
        "12:15",
        "4:12",
        "4 bİts",
        "v1.2.3.4.5 ms",
    ):
        assert values_in(text) == {}, text


@pytest.mark.parametrize(
    "title",
    ["Overview", "Tips & Tricks", "Einleitung", "Tips 2", "Mixing", "Mixing tips", "概要", "Conseils", "Conclusión", "EQ",
     "!?", "Some final thoughts"],
)  # fmt: skip
def test_a_title_that_could_stand_anywhere_says_nothing(title: str) -> None:
    assert "section_titles" in lowered(pages(with_section(1, title=title)))


@pytest.mark.parametrize(
    "title",
    [
        "Cut below 30 Hz before the compressor",
        "Kick 2 for the tail",
        "サイドチェインの設定",
        "Why mono",
    ],
)
def test_a_title_that_tells_something_is_not_complained_of(title: str) -> None:
    assert not says_nothing(title, {"mixing", "eq"})


def test_quotation_marks_of_several_countries_are_seen() -> None:
    assert quotations("“a b” „c d“ «e f» »g h« „i j” \"k l\" 「m」") == [
        "a b", "c d", "e f", "g h", "i j", "k l", "m",
    ]  # fmt: skip


def test_no_page_is_worth_nothing_where_there_was_something_to_write() -> None:
    empty = scored(pages())
    assert {score.value for score in empty.values()} == {0.0}
    assert empty.keys() == MUTATIONS.keys()
    nothing = GIVEN.input.synthesis_groups.model_copy(update={"groups": ()})  # type: ignore[union-attr]
    silent = GIVEN.model_copy(update={"input": Records(synthesis_groups=nothing)})
    assert {score.value for score in scored(pages(), silent).values()} == {1.0}


def test_a_page_without_anybody_in_it_is_half_attributed() -> None:
    plain = tuple(s.model_copy(update={"body": "Do what is said there [1]."}) for s in SECTIONS)
    found = scored(pages(page(sections=plain)))["attribution"]
    assert found.value == 0.5 and "nowhere named" in found.why[0]


def test_no_more_reasons_than_somebody_reads() -> None:
    sections = tuple(Section(title="Tips", body=f"Nothing is cited {n}.") for n in range(20))
    assert {len(s.why) for s in scored(pages(page(sections=sections))).values()} <= {
        *range(MAX_REASONS + 1)
    }
    assert len(scored(pages(page(sections=sections)))["section_titles"].why) >= 1


def test_pages_that_another_stages_prompt_led_to_are_held_to_what_is_said_at_that_time() -> None:
    made = fixture().given_output
    assert made is not None
    for stage in ("topic_chunks", "key_moments", "classifications"):
        found = scored(made, fixture(stage))  # type: ignore[arg-type]
        assert found["quotes"].value == found["values_said"].value == 1.0, stage


odd = st.text(
    st.one_of(
        st.sampled_from(list("“”„«»\"'[]()0123456789.,: \n\t-—…#*`\\k%")),
        st.characters(exclude_characters="\0", codec="utf-8"),
    ),
    min_size=1,
    max_size=80,
)


@settings(max_examples=60, deadline=None)
@given(odd, odd, odd)
def test_odd_text_is_scored_and_no_score_leaves_its_bounds(one: str, two: str, three: str) -> None:
    said = KeyMoment.model_validate(
        moment(two, three).model_dump() | {"plugins": (one,), "quote": two}
    )
    spoilt = TechniquePage(
        page_id="p",
        title=one,
        summary=two.replace("[", "("),
        category="mixing",
        source_quality="mixed",
        sections=(Section(title=two, body=three.replace("[", "(")),),
        citations=(cite(1, said),),
    )
    record = pages(spoilt).model_copy(update={"video": video(creator=three[:50])})
    assert all(0 <= score.value <= 1 for score in code_scores(GIVEN, record))
    assert code_scores(GIVEN, record) == code_scores(GIVEN, record)


@pytest.mark.parametrize(
    "text", ["“", '"a', "1", "1.", "1,", "[", "a ", "\n ", "„“", "4:", "...", "k"]
)
def test_no_text_takes_long(text: str) -> None:
    hostile = (text * 200_000)[:200_000]
    started = time.perf_counter()
    values_in(hostile)
    quotations(hostile)
    word_count(hostile)
    says_nothing(hostile)
    code_scores(GIVEN, pages(body(0, "[1]", hostile[:50_000].replace("[", "("))))
    assert time.perf_counter() - started < 5


# The stages above ---------------------------------------------------------------------------------


def test_blocks_with_faults_are_told_each_in_its_dimension() -> None:
    of = fixture("topic_chunks")
    made = of.given_output
    assert isinstance(made, TopicChunks) and lowered(made, of) == set()
    [first, *rest] = made.chunks

    def changed(**changes: object) -> TopicChunks:
        return made.model_copy(update={"chunks": (first.model_copy(update=changes), *rest)})

    assert lowered(changed(label="Introduction"), of) == {"labels"}
    assert lowered(changed(end_s=first.start_s + 3_000), of) == {"block_sizes"}
    assert lowered(changed(summary=first.label), of) == {"summaries"}
    twice = made.model_copy(update={"chunks": (first, first.model_copy(update={"chunk_id": "2"}))})
    assert lowered(twice, of) == {"different_labels"}
    one = first.model_copy(update={"last_segment": 0})
    other = first.model_copy(
        update={"first_segment": 1, "last_segment": 40, "label": "Drive the kick in mono"}
    )
    assert lowered(made.model_copy(update={"chunks": (one, other)}), of) == {"block_sizes"}


def test_moments_with_faults_are_told_each_in_its_dimension() -> None:
    of = fixture("key_moments")
    made = KeyMoments(video=video(), made_by="test", moments=MOMENTS_FOUND)
    assert lowered(made, of) == set()

    def changed(**changes: object) -> KeyMoments:
        first, *rest = MOMENTS_FOUND
        return made.model_copy(update={"moments": (first.model_copy(update=changes), *rest)})

    assert lowered(changed(title="Tips"), of) == {"titles"}
    assert lowered(changed(title="I duck the bass by 6 dB"), of) == {"titles"}
    assert lowered(changed(summary="The bass makes room, 6 dB of it."), of) == {"values_kept"}
    assert lowered(changed(end_s=900.0), of) == {"spans"}
    assert lowered(changed(quote="something else entirely"), of) == {"quotes"}
    assert lowered(changed(plugins=("Serum",)), of) == {"plugins"}
    again = MOMENTS_FOUND[0].model_copy(update={"moment_id": "again"})
    twice = made.model_copy(update={"moments": (*MOMENTS_FOUND, again)})
    assert lowered(twice, of) == {"duplicates"}
    beyond = [m.model_copy(update={"first_segment": 900, "last_segment": 901}) for m in MOMENTS]
    assert "coverage" in lowered(made.model_copy(update={"moments": tuple(beyond)}), of)
    nothing = scored(made.model_copy(update={"moments": ()}), of)
    assert {score.value for score in nothing.values()} == {0.0}
    assert nothing.keys() == scored(made, of).keys()


MOMENTS_FOUND = tuple(
    m.model_copy(update={"quote": quote, "title": title, "plugins": ()})
    for m, quote, title in (
        (DUCK, "so that the kick has room", "Duck the bass under the kick"),
        (DRIVE, "else it pumps in the harmonics", "Put saturation behind the duck"),
        (RATIO, "more is a pancake", "Drum bus at 4 to 1"),
    )
)


def test_classes_with_faults_are_told_each_in_its_dimension() -> None:
    of = fixture("classifications")
    made = of.given_output
    assert isinstance(made, Classifications) and lowered(made, of) == set()
    [first, *rest] = made.classifications

    def changed(**changes: object) -> Classifications:
        return made.model_copy(
            update={"classifications": (first.model_copy(update=changes), *rest)}
        )

    assert lowered(changed(evidence="what nobody ever said"), of) == {"evidence"}
    assert lowered(changed(evidence=""), of) == {"evidence"}
    assert lowered(changed(tags=()), of) == {"tags"}
    assert "coverage" in lowered(made.model_copy(update={"classifications": tuple(rest)}), of)
