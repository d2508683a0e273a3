"""Search: documents, the terms that they are cut into (FTS5 or tsvector), the vocabulary, embeddings."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "search_videos",
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("video_id", name=op.f("pk_search_videos")),
    )
    op.create_table(
        "search_documents",
        sa.Column("document_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=True),
        sa.Column("section", sa.Integer(), nullable=True),
        sa.Column("video_title", sa.Text(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("plugins", sa.JSON(), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("meaning_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_search_documents")),
        sa.UniqueConstraint("content_id", name=op.f("uq_search_documents_content_id")),
    )
    for name in ("video_id", "page", "meaning_hash"):
        op.create_index(op.f(f"ix_search_documents_{name}"), "search_documents", [name])
    op.create_table(
        "search_terms",
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("term", name=op.f("pk_search_terms")),
    )
    op.create_table(
        "embeddings",
        sa.Column("meaning_hash", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("meaning_hash", "model", name=op.f("pk_embeddings")),
    )
    if op.get_context().dialect.name == "sqlite":
        # The terms are cut already: the tokenizer only has to take them as they are.
        op.execute(
            "CREATE VIRTUAL TABLE search_text USING fts5(title, heading, about, body, tokenize = 'ascii')"
        )
    else:
        op.execute(
            "CREATE TABLE search_text (document_id INTEGER PRIMARY KEY, words INTEGER NOT NULL, vector TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX ix_search_text_vector ON search_text USING gin (vector)")
