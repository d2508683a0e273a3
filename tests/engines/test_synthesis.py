"""Pages hold the creator's sentences, cite every moment they cover, and let nothing that was said act as markup."""

import re

from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.models.records import content_hash
from chrysopedia_assets.models.synthesis_groups import SynthesisGroup, SynthesisGroups
from chrysopedia_assets.models.technique_pages import TechniquePages, texts_of
from chrysopedia_assets.stages.technique_pages import write_pages
from tests.builders import grouped, moment, small_taxonomy, video

ENGINE = ExtractiveEngine(small_taxonomy())

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
    members = grouped(*moments, tags=("eq",))
    group = SynthesisGroup(
        group_id=content_hash("g"), category="mixing", tokens=1_000, moments=members
    )
    groups = SynthesisGroups(video=video(creator=creator), made_by="test", groups=(group,))
    return write_pages(groups, ENGINE)


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


def test_a_repetition_and_an_empty_moment_are_left_out_with_a_reason() -> None:
    found = pages_of(*SAID[:3], SAID[0], ("Um", "Um. Uh."))
    assert [left.moment_id for left in found.unused] == ["moment-4", "moment-5"]
    assert "says the same" in found.unused[0].reason
    assert found.unused[1].reason


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
