"""To see inside: what was asked of models, what each run of a stage gave, why topics begin, chapters of the source."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("videos", sa.Column("chapters", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("topic_chunks", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "stage_versions",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data_version", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_stage_versions_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "stage", "version", name=op.f("pk_stage_versions")),
    )
    op.create_index(op.f("ix_stage_versions_run_id"), "stage_versions", ["run_id"])
    op.create_table(
        "llm_requests",
        sa.Column("content_key", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("content_key", name=op.f("pk_llm_requests")),
    )
    op.create_index(op.f("ix_llm_calls_started_at"), "llm_calls", ["started_at"])
