"""The first schema: videos, the six stages' records, and page versions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "creators",
        sa.Column("creator_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("creator_id", name=op.f("pk_creators")),
        sa.UniqueConstraint("name", name=op.f("uq_creators_name")),
    )
    op.create_table(
        "videos",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("creator_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("source_path", sa.Text(), nullable=False),
        sa.Column("source_hash", sa.Text(), nullable=False),
        sa.Column("source_stamp", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["creator_id"], ["creators.creator_id"], name=op.f("fk_videos_creator_id")
        ),
        sa.PrimaryKeyConstraint("video_id", name=op.f("pk_videos")),
        sa.UniqueConstraint("source_hash", name=op.f("uq_videos_source_hash")),
        sa.UniqueConstraint("source_path", name=op.f("uq_videos_source_path")),
    )
    op.create_index(op.f("ix_videos_creator_id"), "videos", ["creator_id"], unique=False)
    op.create_table(
        "classifications",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("moment_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_classifications_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "position", name=op.f("pk_classifications")),
    )
    op.create_index(
        op.f("ix_classifications_category"), "classifications", ["category"], unique=False
    )
    op.create_index(
        op.f("ix_classifications_moment_id"), "classifications", ["moment_id"], unique=False
    )
    op.create_table(
        "group_moments",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("group_position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("moment_id", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("moment", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_group_moments_video_id")
        ),
        sa.PrimaryKeyConstraint(
            "video_id", "group_position", "position", name=op.f("pk_group_moments")
        ),
    )
    op.create_table(
        "key_moments",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("moment_id", sa.Text(), nullable=False),
        sa.Column("first_segment", sa.Integer(), nullable=False),
        sa.Column("last_segment", sa.Integer(), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("plugins", sa.JSON(), nullable=False),
        sa.Column("transcript", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_key_moments_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "position", name=op.f("pk_key_moments")),
    )
    op.create_index(op.f("ix_key_moments_moment_id"), "key_moments", ["moment_id"], unique=False)
    op.create_table(
        "page_moments",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("page_position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("moment_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_page_moments_video_id")
        ),
        sa.PrimaryKeyConstraint(
            "video_id", "page_position", "number", name=op.f("pk_page_moments")
        ),
    )
    op.create_index(op.f("ix_page_moments_moment_id"), "page_moments", ["moment_id"], unique=False)
    op.create_table(
        "page_versions",
        sa.Column("page_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("data_version", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("page", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_page_versions_video_id")
        ),
        sa.PrimaryKeyConstraint("page_id", "version", name=op.f("pk_page_versions")),
    )
    op.create_index(op.f("ix_page_versions_video_id"), "page_versions", ["video_id"], unique=False)
    op.create_table(
        "segments",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_segments_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "position", name=op.f("pk_segments")),
    )
    op.create_table(
        "stage_outputs",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("data_version", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_stage_outputs_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "stage", name=op.f("pk_stage_outputs")),
    )
    op.create_table(
        "synthesis_groups",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_synthesis_groups_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "position", name=op.f("pk_synthesis_groups")),
    )
    op.create_table(
        "technique_pages",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("page_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("plugins", sa.JSON(), nullable=False),
        sa.Column("source_quality", sa.Text(), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("signal_chains", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_technique_pages_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "position", name=op.f("pk_technique_pages")),
        sa.UniqueConstraint("page_id", name=op.f("uq_technique_pages_page_id")),
    )
    op.create_index(
        op.f("ix_technique_pages_category"), "technique_pages", ["category"], unique=False
    )
    op.create_table(
        "topic_chunks",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chunk_id", sa.Text(), nullable=False),
        sa.Column("first_segment", sa.Integer(), nullable=False),
        sa.Column("last_segment", sa.Integer(), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_topic_chunks_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "position", name=op.f("pk_topic_chunks")),
    )
    op.create_table(
        "transcripts",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("repairs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_transcripts_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", name=op.f("pk_transcripts")),
    )
    op.create_table(
        "unused_moments",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("moment_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_unused_moments_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "position", name=op.f("pk_unused_moments")),
    )
