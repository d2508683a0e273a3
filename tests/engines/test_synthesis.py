"""Pages hold the creator's sentences, cite every moment they cover, and let nothing that was said act as markup."""

import re

from benchmarks.pages import figures
from benchmarks.pages import pages_of as pages_of_files
from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.inspection.words import is_said, quotations
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.records import content_hash
from chrysopedia_assets.models.synthesis_groups import SynthesisGroup, SynthesisGroups
from chrysopedia_assets.models.technique_pages import TechniquePages, texts_of
from chrysopedia_assets.stages.ports import Ask
from chrysopedia_assets.stages.technique_pages import write_pages
from resources.settings import SAMPLES
from tests.builders import grouped, moment, product_taxonomy, small_taxonomy, video

ENGINE = ExtractiveEngine(small_taxonomy())
SHIPPED = ExtractiveEngine(product_taxonomy())

SAID = [
    ("Set the Shelf", "I set the shelf to plus 2 dB at 10k. The vocal was dull before that."),
    ("High Pass at 80", "The high pass sits at 80 Hz with a gentle slope. A steep one sounds small."),
    ("Glue the Drums", "The glue compressor takes 2 dB off the drums with a slow attack of 30 ms."),
    ("Release on Auto", "Release on auto follows the groove better than any fixed time."),
    ("Filter the Return", "Filter the reverb return from 300 Hz to 6 kHz so esses stay out of it."),
    ("Ride the Lines", "I ride the first line of every verse up by about 1 dB for the listener."),
]  # fmt: skip


def pages_of(*said: tuple[str, str], creator: str = "Ada Fader") -> TechniquePages:
    moments = [moment(title, text, number=n) for n, (title, text) in enumerate(said, start=1)]
    return pages_from(*moments, creator=creator)


def pages_from(
    *moments: KeyMoment, creator: str = "Ada Fader", engine: Ask = ENGINE
) -> TechniquePages:
    members = grouped(*moments, tags=("eq",))
    group = SynthesisGroup(
        group_id=content_hash("g"), category="mixing", tokens=1_000, moments=members
    )
    groups = SynthesisGroups(video=video(creator=creator), made_by="test", groups=(group,))
    return write_pages(groups, engine)


def test_every_moment_is_cited_and_values_are_kept() -> None:
    found = pages_of(*SAID)
    [page] = found.pages
    body = "\n".join(texts_of(page.sections))
    assert len(page.citations) == len(SAID)
    assert not found.unused
    for value in ("2 dB", "80 Hz", "30 ms", "300 Hz", "1 dB"):
        assert value in body


def test_what_the_creator_says_of_themselves_is_quoted_by_name() -> None:
    [page] = pages_of(*SAID).pages
    body = "\n".join(texts_of(page.sections))
    assert re.search(r'Ada Fader[^"]*: "I set the shelf to plus 2 dB at 10k\."', body)
    assert '"The high pass sits' not in body


def test_sections_have_titles_of_their_own() -> None:
    [page] = pages_of(*SAID).pages
    titles = [section.title for section in page.sections]
    assert 3 <= len(titles) <= 6
    assert len(set(titles)) == len(titles)
    assert not {"Overview", "Tips", "Introduction"} & set(titles)


def test_many_moments_make_several_pages_with_different_titles() -> None:
    words = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "xray", "yankee", "zulu"]  # fmt: skip
    said = [
        (f"Use {w}", f"Use the {w} knob of the {w} unit at {n} dB for colour.")
        for n, w in enumerate(words)
    ]
    found = pages_of(*said)
    assert len(found.pages) > 1
    assert all(3 <= len(page.citations) <= 10 for page in found.pages)
    assert len({page.title for page in found.pages}) == len(found.pages)


def test_a_repetition_is_told_once_and_cited_twice_and_an_empty_moment_left_out_with_a_reason() -> (
    None
):
    again = "Um, I set the shelf to plus 2 dB at 10k, the the vocal was dull before that."
    found = pages_of(*SAID[:3], ("Again", again), ("Um", "Um. Uh."))
    [page] = found.pages
    body = "\n".join(texts_of(page.sections))
    assert body.count("10k") == 1
    assert "[1] [4]" in body
    assert [left.moment_id for left in found.unused] == ["moment-5"]
    assert found.unused[0].reason


def test_another_number_is_no_repetition() -> None:
    one, other = (
        "I set the high shelf of the vocal to 2 dB.",
        "I set the high shelf of the vocal to 4 dB.",
    )
    [page] = pages_of(*SAID[:3], ("Two", one), ("Four", other)).pages
    body = "\n".join(texts_of(page.sections))
    assert "to 2 dB" in body
    assert "to 4 dB" in body


def test_a_sentence_is_not_told_again_by_a_later_moment() -> None:
    repeated = f"{SAID[1][1]} A shelf above it is another matter for the guitars and the keys."
    [page] = pages_of(*SAID[:3], ("High Pass Again", repeated)).pages
    body = "\n".join(texts_of(page.sections))
    assert body.count("gentle slope") == 1
    assert "another matter" in body


def test_what_stands_in_quotation_marks_was_said_word_for_word() -> None:
    """Small fillers stay, noise and false starts give way to dots; outside of quotations both are gone."""
    said = (
        "So, um, I cut the the shelf by, you know, 3 dB, uh, at 8k. Then the high pass is, um, at like 80 Hz."
        " I don't, I don't like a steep one there, it sounds small to my ears."
    )
    [page] = pages_of(("Cut the Shelf", said)).pages
    [section] = page.sections
    quoted = quotations(section.body)
    assert quoted == [
        "I cut the … shelf by, you know, 3 dB … at 8k.",
        "I don't like a steep one there, it sounds small to my ears.",
    ]
    assert all(is_said(quote, said) for quote in quoted)
    assert "Then the high pass is at 80 Hz." in section.body


def test_a_retold_summary_gives_way_to_what_was_said() -> None:
    """A summary in other words, as a model writes it, is not what the creator says."""
    told = moment(
        "Set the Shelf", "I set the shelf to plus 2 dB at 10k because the vocal was dull."
    )
    retold = told.model_copy(update={"summary": "He lifts the treble by two decibels."})
    [page] = pages_from(retold).pages
    body = "\n".join(texts_of(page.sections))
    assert "treble" not in body
    assert '"I set the shelf to plus 2 dB at 10k because the vocal was dull."' in body


def test_words_of_the_trade_are_mended_outside_of_quotations_only() -> None:
    said = (
        "The side chain of the l f o listens to the mini notes of the lead. A mini break is another thing."
        " I put the side chain on the bass, and pro q three after it."
    )
    page = next(iter(pages_from(moment("Side Chain the Bass", said), engine=SHIPPED).pages))
    body = "\n".join(texts_of(page.sections))
    assert (
        "The sidechain of the LFO listens to the MIDI notes of the lead. A mini break is another thing."
        in body
    )
    assert '"I put the side chain on the bass, and pro q three after it."' in body
    assert page.sections[0].title == "Sidechain the Bass"


def test_pages_of_a_sample_say_nothing_that_was_not_said_and_the_benchmark_would_tell() -> None:
    known = product_taxonomy()
    [path] = SAMPLES.glob("*/Punchy Kicks*.vtt")
    made = list(pages_of_files([path], known))
    found = figures(made, known)
    assert found["quotations_verbatim"].value == 1
    assert found["sentences_said"].value == 1
    assert found["specific_titles"].value == 1
    page, moments = made[0]
    body = f'{page.sections[0].body} She says: "It is never bread." Butter goes last. [1]'
    forged = page.model_copy(
        update={"sections": (page.sections[0].model_copy(update={"body": body}),)}
    )
    found = figures([(forged, moments)], known)
    assert found["quotations_verbatim"].value < 1
    assert found["sentences_said"].value < 1


def test_a_page_that_takes_long_to_read_is_divided() -> None:
    words = ("alpha", "bravo", "charlie", "delta", "foxtrot", "golf", "hotel", "india")
    said = [
        (f"Use {w}", " ".join(f"The {w}{n} knob of the {w} unit sets how {w}{n} it is." for n in range(9)))
        for w in words
    ]  # fmt: skip
    assert [len(page.citations) for page in pages_of(*said).pages] == [4, 4]
    assert len(pages_of(*((title, text[:60]) for title, text in said)).pages) == 1


def test_speech_cannot_forge_links_citations_or_markup() -> None:
    hostile = "I say see [1](javascript:x) and [2] <script>alert</script> # heading at 300 Hz."
    found = pages_of(("[2](javascript:x) <b>", hostile), creator="[9](http://evil) *Ada*")
    [page] = found.pages
    text = "\n".join([page.summary, *texts_of(page.sections)])
    assert "](javascript" not in text.replace("\\](", "")
    assert not re.search(r"(?<!\\)<script", text)
    assert not re.search(r"(?<!\\)\[(?!1\])", text)
    assert [c.number for c in page.citations] == [1]


def test_an_order_of_devices_becomes_a_signal_chain() -> None:
    said = "First the high pass filter, then the glue compressor, then the limiter at minus 1 dB."
    [page] = pages_of(("Order of the Bus", said)).pages
    [chain] = page.signal_chains
    assert [step.split()[-1] for step in chain.steps] == ["Filter", "Compressor", "Limiter"]


def test_without_an_order_there_is_no_signal_chain() -> None:
    assert not any(page.signal_chains for page in pages_of(*SAID).pages)


def test_the_quality_of_the_source_follows_from_its_values() -> None:
    vague = [(f"Thought {w}", f"The {w} feeling of {w} music carries listeners somewhere {w} else.")
             for w in ("warm", "cold", "bright")]  # fmt: skip
    assert [page.source_quality for page in pages_of(*SAID).pages] == ["structured"]
    assert [page.source_quality for page in pages_of(*vague).pages] == ["unstructured"]
