"""The schema, one for SQLite and PostgreSQL. Relational where people query, JSON where only a page's parts are.

A stage's rows are a snapshot of one run, so they point at their video and never at another stage's rows: an old
page stays readable while its moments are being found anew.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in, aware UTC out; SQLite would drop the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive timestamp: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _seconds(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)


def _when(name: str) -> sa.Column[datetime]:
    return sa.Column(name, UtcDateTime, nullable=False)


def _video_key() -> sa.Column[str]:
    return sa.Column("video_id", sa.ForeignKey("videos.video_id"), primary_key=True)


def _position(name: str = "position") -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


creators = sa.Table(
    "creators",
    metadata,
    sa.Column("creator_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
)

videos = sa.Table(
    "videos",
    metadata,
    sa.Column("video_id", sa.Text, primary_key=True),
    sa.Column("creator_id", sa.ForeignKey("creators.creator_id"), nullable=False, index=True),
    _text("title"),
    _text("url", null=True),
    sa.Column("source_path", sa.Text, nullable=False, unique=True),
    sa.Column("source_hash", sa.Text, nullable=False, unique=True),
    _text("source_stamp"),
    _json("chapters"),
    _when("added_at"),
    _when("source_changed_at"),
)

stage_outputs = sa.Table(
    "stage_outputs",
    metadata,
    _video_key(),
    sa.Column("stage", sa.Text, primary_key=True),
    _text("title"),
    _text("creator"),
    _text("url", null=True),
    _text("made_by"),
    _text("data_version"),
    _text("run_id", null=True),
    _when("stored_at"),
)

transcripts = sa.Table(
    "transcripts",
    metadata,
    _video_key(),
    _text("language", null=True),
    _seconds("duration_s"),
    _json("repairs"),
    _json("doubts"),
    _json("minutes"),
)

segments = sa.Table(
    "segments",
    metadata,
    _video_key(),
    _position(),
    _seconds("start_s"),
    _seconds("end_s"),
    _text("text"),
    _json("words"),
)

topic_chunks = sa.Table(
    "topic_chunks",
    metadata,
    _video_key(),
    _position(),
    _text("chunk_id"),
    _count("first_segment"),
    _count("last_segment"),
    _seconds("start_s"),
    _seconds("end_s"),
    _text("label"),
    _text("summary"),
    _text("reason"),
)

key_moments = sa.Table(
    "key_moments",
    metadata,
    _video_key(),
    _position(),
    sa.Column("moment_id", sa.Text, nullable=False, index=True),
    _count("first_segment"),
    _count("last_segment"),
    _seconds("start_s"),
    _seconds("end_s"),
    _text("title"),
    _text("summary"),
    _text("kind"),
    _text("quote"),
    _json("plugins"),
    _text("transcript"),
)

classifications = sa.Table(
    "classifications",
    metadata,
    _video_key(),
    _position(),
    sa.Column("moment_id", sa.Text, nullable=False, index=True),
    sa.Column("category", sa.Text, nullable=False, index=True),
    _json("tags"),
    _text("evidence"),
    _text("doubt"),
)

synthesis_groups = sa.Table(
    "synthesis_groups",
    metadata,
    _video_key(),
    _position(),
    _text("group_id"),
    _text("category"),
    _count("tokens"),
)

group_moments = sa.Table(
    "group_moments",
    metadata,
    _video_key(),
    _position("group_position"),
    _position(),
    _text("moment_id"),
    _json("tags"),
    _json("moment"),
)

technique_pages = sa.Table(
    "technique_pages",
    metadata,
    _video_key(),
    _position(),
    sa.Column("page_id", sa.Text, nullable=False, unique=True),
    sa.Column("address", sa.Text, nullable=False, unique=True, index=True),
    _text("title"),
    _text("summary"),
    sa.Column("category", sa.Text, nullable=False, index=True),
    _json("tags"),
    _json("plugins"),
    _text("source_quality"),
    _json("sections"),
    _json("signal_chains"),
)

page_moments = sa.Table(
    "page_moments",
    metadata,
    _video_key(),
    _position("page_position"),
    _position("number"),
    sa.Column("moment_id", sa.Text, nullable=False, index=True),
    _text("title"),
    _seconds("start_s"),
    _seconds("end_s"),
    _text("quote"),
)

unused_moments = sa.Table(
    "unused_moments",
    metadata,
    _video_key(),
    _position(),
    _text("moment_id"),
    _text("title"),
    _seconds("start_s"),
    _text("reason"),
)

# What stood at an address, whatever its title; an address is never given to another page.
page_versions = sa.Table(
    "page_versions",
    metadata,
    sa.Column("address", sa.Text, primary_key=True),
    _position("version"),
    sa.Column("video_id", sa.ForeignKey("videos.video_id"), nullable=False, index=True),
    _text("data_version"),
    _text("made_by"),
    _text("run_id", null=True),
    _when("stored_at"),
    _json("page"),
)

# Addresses at which no page stands any more; `to_address`, where a page does stand, is null where nothing took its place.
page_redirects = sa.Table(
    "page_redirects",
    metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("video_id", sa.ForeignKey("videos.video_id"), nullable=False, index=True),
    _text("to_address", null=True),
    _when("since"),
)

# What each run of a stage gave, to be looked at and compared later; `record` is its JSON, compressed with zlib.
stage_versions = sa.Table(
    "stage_versions",
    metadata,
    _video_key(),
    sa.Column("stage", sa.Text, primary_key=True),
    _position("version"),
    _text("data_version"),
    _text("made_by"),
    sa.Column("run_id", sa.Text, nullable=True, index=True),
    _when("stored_at"),
    sa.Column("record", sa.LargeBinary, nullable=False),
)

# No video is pointed at: a call is on record for good, whatever becomes of what it was about.
llm_calls = sa.Table(
    "llm_calls",
    metadata,
    sa.Column("call_id", sa.Integer, primary_key=True),
    _text("content_key"),
    sa.Column("run_id", sa.Text, nullable=True, index=True),
    _text("task"),
    sa.Column("video_id", sa.Text, nullable=False, index=True),
    _text("subject"),
    _text("prompt_version"),
    _text("endpoint"),
    _text("model"),
    _text("reply_format"),
    _text("budget_field"),
    sa.Column("takes_temperature", sa.Boolean, nullable=False),
    _count("tried"),
    sa.Column("started_at", UtcDateTime, nullable=False, index=True),
    _text("outcome"),
    sa.Column("latency_s", sa.Double, nullable=True),
    sa.Column("tokens_in", sa.Integer, nullable=True),
    sa.Column("tokens_out", sa.Integer, nullable=True),
    sa.Column("tokens_cached", sa.Integer, nullable=True),
    sa.Column("cost_usd", sa.Double, nullable=True),
    _text("error", null=True),
    _text("finish_reason", null=True),
    _text("refusal", null=True),
    _text("reply", null=True),
    sa.Index("ix_llm_calls_content_key_outcome", "content_key", "outcome"),
)

# What was asked, once for all calls that asked the same; `request` is its JSON, compressed with zlib.
llm_requests = sa.Table(
    "llm_requests",
    metadata,
    sa.Column("content_key", sa.Text, primary_key=True),
    sa.Column("request", sa.LargeBinary, nullable=False),
    _when("stored_at"),
)

acceptances = sa.Table(
    "acceptances",
    metadata,
    sa.Column("acceptance_id", sa.Integer, primary_key=True),
    _text("subject"),
    _text("old_version"),
    _text("new_version"),
    _text("reason"),
    _text("accepted_by"),
    _when("accepted_at"),
    _text("revoked_by", null=True),
    sa.Column("revoked_at", UtcDateTime, nullable=True),
)

refreshes = sa.Table(
    "refreshes",
    metadata,
    sa.Column("refresh_id", sa.Text, primary_key=True),
    _text("trigger"),
    _when("started_at"),
    sa.Column("ended_at", UtcDateTime, nullable=True),
    _json("choices"),
    _json("estimate"),
    _json("outcome"),
)

promotions = sa.Table(
    "promotions",
    metadata,
    sa.Column("task", sa.Text, primary_key=True),
    _position("number"),
    _text("prompt_version", null=True),
    _when("promoted_at"),
    _text("source"),
    _json("files"),
    _text("note", null=True),
    sa.Column("rollback_to", sa.Integer, nullable=True),
    _text("verdict", null=True),
    sa.Column("old_score", sa.Double, nullable=True),
    sa.Column("new_score", sa.Double, nullable=True),
    _json("fixtures"),
    _text("git_commit", null=True),
)

# What search knows of a video: `version` is that of all it was indexed from. The documents themselves are cut into terms in
# `search_text`, which each database has in its own way (resources/store/search_text.py).
search_videos = sa.Table(
    "search_videos",
    metadata,
    sa.Column("video_id", sa.Text, primary_key=True),
    _text("version"),
    _count("documents"),
    _count("words"),
)

search_documents = sa.Table(
    "search_documents",
    metadata,
    _position("document_id"),
    sa.Column("content_id", sa.Text, nullable=False, unique=True),
    sa.Column("video_id", sa.Text, nullable=False, index=True),
    _text("kind"),
    sa.Column("page", sa.Text, nullable=True, index=True),
    sa.Column("section", sa.Integer, nullable=True),
    _text("video_title"),
    _text("creator"),
    _text("url", null=True),
    _text("category", null=True),
    _json("tags"),
    _json("plugins"),
    _seconds("start_s"),
    _seconds("end_s"),
    _text("title"),
    _text("heading"),
    _text("body"),
    sa.Column("meaning_hash", sa.Text, nullable=True, index=True),
)

# The index's vocabulary: each term, a word that it came from, and in how many documents it is.
search_terms = sa.Table(
    "search_terms",
    metadata,
    sa.Column("term", sa.Text, primary_key=True),
    _text("word"),
    _count("documents"),
)

# By what a text says and by model, so that nothing is asked twice; `vector` is of 32-bit floats, little-endian, of length 1.
embeddings = sa.Table(
    "embeddings",
    metadata,
    sa.Column("meaning_hash", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)
