"""What people see of a record in the Dagster UI: counts that plot over time, a table, a Markdown preview."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from chrysopedia_assets.inspection.inspecting import inspect
from chrysopedia_assets.inspection.page_text import page_reading_s, words_in
from chrysopedia_assets.inspection.seen import Stored
from chrysopedia_assets.models.calls import Usage
from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.clock import clock
from chrysopedia_assets.models.doubts import Doubt
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.synthesis_groups import SynthesisGroups
from chrysopedia_assets.models.technique_pages import (
    Citation,
    TechniquePages,
    UnusedMoment,
    as_markdown,
)
from chrysopedia_assets.models.topic_chunks import TopicChunks
from chrysopedia_assets.models.transcripts import Transcript
from chrysopedia_assets.site import links
from chrysopedia_assets.site.pages import page_markdown
from resources.settings import site_url

Metadata = Mapping[str, dg.MetadataValue]

MAX_TABLE_ROWS = 200
"""A run's events are read whole by the UI; a longer table would make every page of it slow."""
PREVIEW_CHARS = 900
"""Longer Markdown is hidden behind a link."""
PREVIEW_PAGES = 3


def of_transcript(record: Transcript) -> Metadata:
    segments = record.segments
    lines = (f"`{clock(s.start_s)}` {as_markdown(s.text)}" for s in segments)
    return {
        "segments": dg.MetadataValue.int(len(segments)),
        "spoken_words": dg.MetadataValue.int(sum(len(s.text.split()) for s in segments)),
        "duration_min": dg.MetadataValue.float(round(record.duration_s / 60, 2)),
        "language": dg.MetadataValue.text(record.language or "not stated"),
        "repairs": bullets(record.repairs),
        "doubts": dg.MetadataValue.int(len(record.doubts)),
        **({"doubtful": table(_doubt_rows(record.doubts))} if record.doubts else {}),
        "preview": dg.MetadataValue.md("  \n".join(_first(lines, PREVIEW_CHARS))),
    }


def _doubt_rows(doubts: Iterable[Doubt]) -> list[dict[str, Any]]:
    return [
        {"from": clock(d.start_s), "to": clock(d.end_s), "kind": d.kind, "why": d.reason}
        for d in doubts
    ]


def of_topic_chunks(record: TopicChunks, transcript: Transcript | None = None) -> Metadata:
    """Pause and change of words, where there is a transcript to measure them in; none at the very beginning."""
    seen = inspect(Stored(record.video, transcripts=transcript, topic_chunks=record))
    rows = [
        {
            "start": clock(c.start_s),
            "end": clock(c.end_s),
            "lasts_s": round(c.end_s - c.start_s, 1),
            "label": c.label,
            "reason": c.reason,
            "pause_s": c.pause_s or 0.0,
            "drop": c.drop or 0.0,
            "summary": c.summary,
        }
        for c in seen.chunks
    ]
    return {
        "chunks": dg.MetadataValue.int(len(record.chunks)),
        "preview": bullets([f"{row['start']} {row['label']}" for row in rows]),
        "timeline": table(rows),
    }


def of_key_moments(record: KeyMoments, chunks: TopicChunks | None = None) -> Metadata:
    seen = inspect(Stored(record.video, topic_chunks=chunks, key_moments=record))
    rows = [
        {
            "start": clock(m.start_s),
            "start_s": m.start_s,
            "lasts_s": round(m.end_s - m.start_s, 1),
            "chunk": m.chunk or 0,
            "kind": m.kind,
            "title": m.title,
            "quote": m.quote,
        }
        for m in seen.moments
    ]
    return {
        "moments": dg.MetadataValue.int(len(record.moments)),
        "empty_chunks": dg.MetadataValue.int(sum(not chunk.moments for chunk in seen.chunks)),
        "preview": bullets([f"{row['start']} {row['title']}" for row in rows]),
        "found": table(rows),
    }


def of_classifications(record: Classifications, moments: KeyMoments | None = None) -> Metadata:
    known = {m.moment_id: m for m in moments.moments} if moments else {}
    counts: dict[str, int] = {}
    for found in record.classifications:
        counts[found.category] = counts.get(found.category, 0) + 1
    rows = [
        {
            "start": clock(known[found.moment_id].start_s) if found.moment_id in known else "",
            "title": known[found.moment_id].title if found.moment_id in known else "",
            "category": found.category,
            "tags": ", ".join(found.tags),
            "evidence": found.evidence,
            "doubt": found.doubt,
            "moment": found.moment_id,
        }
        for found in record.classifications
    ]
    return {
        "classified": dg.MetadataValue.int(len(rows)),
        "unsure": dg.MetadataValue.int(sum(bool(found.doubt) for found in record.classifications)),
        "preview": bullets([f"{category}: {count}" for category, count in counts.items()]),
        "by_moment": table(rows),
    }


def of_synthesis_groups(record: SynthesisGroups) -> Metadata:
    seen = inspect(Stored(record.video, synthesis_groups=record)).groups
    members = [
        {
            "group": g.number,
            "category": g.category,
            "start": clock(moment.start_s),
            "title": moment.title,
            "moment": moment.moment_id,
        }
        for g in seen
        for moment in g.moments
    ]
    rows = [
        {
            "group": g.number,
            "category": g.category,
            "part": g.part,
            "parts": g.parts,
            "moments": len(g.moments),
            "tokens": g.tokens,
            "most_tokens": g.max_tokens,
            "from": clock(g.moments[0].start_s),
            "to": clock(g.moments[-1].end_s),
            "why": g.why,
        }
        for g in seen
    ]
    return {
        "groups": dg.MetadataValue.int(len(rows)),
        "largest_tokens": dg.MetadataValue.int(max((g.tokens for g in record.groups), default=0)),
        "preview": bullets([f"{g['category']}: {g['moments']} moments" for g in rows]),
        "make_up": table(rows),
        "members": table(members),
    }


def of_technique_pages(
    record: TechniquePages, groups: SynthesisGroups | None = None, doubts: Sequence[Doubt] = ()
) -> Metadata:
    """`doubts` are of the transcript."""
    shown = [
        page_markdown(p, record.video, record.made_by, doubts) for p in record.pages[:PREVIEW_PAGES]
    ]
    if more := len(record.pages) - len(shown):
        shown.append(f"*And {more} more: see the contents below.*")
    seen = inspect(Stored(record.video, synthesis_groups=groups, technique_pages=record))
    rows: list[dict[str, Any]] = [
        {
            "title": page.title,
            "category": page.category,
            "moments": len(page.citations),
            "words": words_in(page),
            "reading_s": round(page_reading_s(page)),
            "from_groups": ", ".join(map(str, found.groups)),
            "source": page.source_quality,
            "page_id": page.page_id,
        }
        for page, found in zip(record.pages, seen.pages, strict=True)
    ]
    return {
        "pages": dg.MetadataValue.int(len(rows)),
        "words": dg.MetadataValue.int(sum(row["words"] for row in rows)),
        "unused_moments": dg.MetadataValue.int(len(record.unused)),
        "left_out": bullets([f"{clock(m.start_s)} {m.title}: {m.reason}" for m in record.unused]),
        "preview": dg.MetadataValue.md("\n\n---\n\n".join(shown) or "No page: nothing to teach."),
        "contents": table(rows),
        "moments": table(sorted(_places(record), key=lambda row: row["start_s"])),
    }


def _places(record: TechniquePages) -> Iterator[dict[str, Any]]:
    """Of each moment, the page that it is on and its number there, or why it is on none."""
    for page in record.pages:
        for citation in page.citations:
            yield _place(citation, page_id=page.page_id, citation=citation.number)
    for moment in record.unused:
        yield _place(moment, left_out=moment.reason)


def _place(
    moment: Citation | UnusedMoment, page_id: str = "", citation: int = 0, left_out: str = ""
) -> dict[str, Any]:
    return {
        "start": clock(moment.start_s),
        "start_s": moment.start_s,
        "title": moment.title,
        "page_id": page_id,
        "citation": citation,
        "left_out": left_out,
    }


def of_usage(usage: Usage) -> Metadata:
    """What language models were used for it; nothing where none was asked."""
    if not usage.calls and not usage.reused:
        return {}
    cost = dg.MetadataValue.float(round(float(usage.cost_usd), 6))
    return {
        "calls": dg.MetadataValue.int(usage.calls),
        "replies_reused": dg.MetadataValue.int(usage.reused),
        "failed_calls": dg.MetadataValue.int(usage.failed),
        "tokens_in": dg.MetadataValue.int(usage.tokens_in),
        "tokens_out": dg.MetadataValue.int(usage.tokens_out),
        "tokens_cached": dg.MetadataValue.int(usage.tokens_cached),
        "cost_usd": dg.MetadataValue.text("unknown") if usage.unpriced else cost,
    }


def _first(lines: Iterable[str], chars: int) -> Iterator[str]:
    """As many lines as there is room for, and one at least."""
    for number, line in enumerate(lines):
        chars -= len(line)
        if number and chars < 0:
            return
        yield line


def bullets(lines: Sequence[str]) -> dg.MetadataValue:
    shown = [f"* {as_markdown(line)}" for line in lines[:MAX_TABLE_ROWS]]
    return dg.MetadataValue.md("\n".join(shown) or "none")


def table(rows: Sequence[Mapping[str, Any]]) -> dg.MetadataValue:
    """Columns are those of the first row; numbers are numbers, and sort as such, where all of a column are."""
    columns = [
        dg.TableColumn(name, _column_type({type(row[name]) for row in rows}))
        for name in (rows[0] if rows else {"nothing": ""})
    ]
    return dg.MetadataValue.table(
        records=[dg.TableRecord(dict(row)) for row in rows[:MAX_TABLE_ROWS]],
        schema=dg.TableSchema(columns=columns),
    )


def _column_type(kinds: set[type]) -> str:
    if kinds == {bool}:
        return "bool"
    if kinds == {int}:
        return "int"
    return "float" if kinds and kinds <= {int, float} else "string"


def commands(video_id: str) -> Metadata:
    """What shows more of a video than there is room for here: commands, and pages where the site is served."""
    site = site_url()
    pages = {"on_the_site": links.video(video_id), "inspector": links.inspector(video_id)}
    shown = {name: dg.MetadataValue.url(f"{site}/{page}") for name, page in pages.items() if site}
    return {
        **shown,
        "inspect": dg.MetadataValue.text(f"chrysopedia inspect {video_id}"),
        "runs": dg.MetadataValue.text(f"chrysopedia runs {video_id}"),
    }
