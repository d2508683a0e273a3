"""The inspector's page: whatever a model, a speaker or a file says, it stays text; the file needs nothing else."""

import re
from dataclasses import replace
from typing import Any

import pytest

from chrysopedia_assets.inspection.chapter_scores import against_chapters
from chrysopedia_assets.inspection.comparing import compare
from chrysopedia_assets.inspection.inspecting import inspect
from chrysopedia_assets.inspection.seen import Stored
from chrysopedia_assets.models.doubts import Doubt
from chrysopedia_assets.models.library_files import Chapter
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.site.inspection import inspection_html
from tests.inspection.world import VIDEO, chunks, moment, moments, transcript, whole

HOSTILE = '"><script>alert(1)</script><img src=http://x.example/a.png onerror=x>\' style="x'


SAID = {"title", "label", "summary", "reason", "quote", "evidence", "doubt", "category", "made_by", "creator", "address", "moment_id", "tags"}  # fmt: skip


def spoilt(value: Any, said: bool = False) -> Any:
    """The JSON value with `HOSTILE` behind every text that anybody else has written."""
    match value:
        case dict():
            return {name: spoilt(part, name in SAID) for name, part in value.items()}
        case list():
            return [spoilt(part, said) for part in value]
        case str() if said:
            return f"{value}{HOSTILE}"
    return value


def hostile() -> Stored:
    stored = whole()
    records = {
        stage: type(record).model_validate(spoilt(record.model_dump(mode="json")))
        for stage in STAGES
        if (record := getattr(stored, stage))
    }
    return Stored(
        video=records["transcripts"].video,
        chapters=(Chapter(start_s=3.0, title=HOSTILE),),
        **records,
    )


def page(stored: Stored) -> str:
    now = stored.topic_chunks
    assert now is not None
    compared = compare(chunks(0, 1), now, (f"v1 {HOSTILE}", "now"), {})
    scores = against_chapters(stored.chapters, now.chunks, ())
    return inspection_html(inspect(stored), compared, scores)


def test_what_is_said_cannot_become_markup_a_link_or_an_image() -> None:
    html = page(hostile())
    assert html.count("&lt;script&gt;") > 20
    assert not re.search(r"<(script|img|iframe|object|link|form|input)\b", html)
    # What stands inside of tags is ours: names of attributes, and links within the page alone.
    names = {name for tag in re.findall(r"<[a-z][^<>]*>", html) for name in re.findall(r'\s([\w:-]+)="', tag)}  # fmt: skip
    assert not any(name.startswith("on") or name == "src" for name in names), names
    assert all(re.fullmatch(r"#(chunk|moment|group|page)-\d+", to) for to in re.findall(r'href="([^"]*)"', html))  # fmt: skip
    assert "x" not in re.findall(r'style="([^"]*)"', html)


def test_the_file_needs_nothing_else() -> None:
    html = page(whole())
    assert "default-src 'none'" in html
    assert "@import" not in html and "url(" not in html


def test_every_mark_leads_to_its_place() -> None:
    html = page(whole())
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(set(ids)) == len(ids)
    links = re.findall(r'href="#([^"]+)"', html)
    assert {"chunk-1", "chunk-2", "moment-1", "moment-2", "group-1", "page-1"} <= set(links)
    assert set(links) <= set(ids)


def test_the_picture_is_drawn_to_scale() -> None:
    html = page(whole())
    [first, second] = re.findall(r'class="block (?:c\d|none)" href="#chunk-\d" style="left: ([\d.]+)%; width: ([\d.]+)%"', html)  # fmt: skip
    assert (float(first[0]), float(first[1])) == (0.0, 47.5)
    assert (float(second[0]), float(second[1])) == (56.25, 43.75)
    assert 'class="pause" style="left: 56.25%; height: 35%"' in html, "3.5 of 10 s"
    assert 'class="out" style="left: 25.0%"' in html, "the moment that is on no page"


@pytest.mark.parametrize("count", range(len(STAGES) + 1))
def test_a_video_that_is_half_processed_has_a_page_that_says_so(count: int) -> None:
    stored = replace(whole(), chapters=(), **dict.fromkeys(STAGES[count:]))
    html = inspection_html(inspect(stored))
    assert ("Has not run" in html) == (count < len(STAGES))
    assert ("<h2>Timeline</h2>" in html) == (count > 1)


def test_doubts_stand_in_the_picture_at_their_moments_and_in_a_list() -> None:
    doubt = Doubt(kind="improbable", start_s=4.0, end_s=6.0, reason=f"not sure {HOSTILE}")
    heard = transcript().model_copy(update={"doubts": (doubt,)})
    html = page(replace(whole(), transcripts=heard))
    assert '<i style="left: 10.0%; width: 5.0%" title="0:04 the recogniser was not sure' in html
    assert html.count("Perhaps misheard: the recogniser was not sure") == 1
    assert 'href="#doubts">1 doubt</a>' in html and 'id="doubts"' in html
    assert "<script" not in html
    assert "oubt" not in re.sub(r"<style>.*?</style>", "", page(whole()), flags=re.DOTALL)


def test_moments_of_another_run_are_shown_as_such() -> None:
    html = inspection_html(inspect(replace(whole(), key_moments=moments(moment(1), moment(3)))))
    assert "(of another run)" in html
    assert "Of different runs" in html
    assert "none of the pages was made from it" in html
    assert "Nothing has run yet" in inspection_html(inspect(Stored(VIDEO)))
