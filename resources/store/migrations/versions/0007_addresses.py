"""Pages keep their address when they are written again; what was one leads to what took its place."""

from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

VERSIONS = sa.table(
    "page_versions", sa.column("address"), sa.column("version"), sa.column("video_id"),
    sa.column("stored_at", sa.DateTime(timezone=True)), sa.column("page", sa.JSON),
)  # fmt: skip
PAGES = sa.table("technique_pages", sa.column("address"), sa.column("video_id"), sa.column("position"))  # fmt: skip
CITED = sa.table("page_moments", sa.column("video_id"), sa.column("page_position"), sa.column("moment_id"))  # fmt: skip


def upgrade() -> None:
    op.add_column(
        "technique_pages", sa.Column("address", sa.Text(), nullable=False, server_default="")
    )
    op.execute("UPDATE technique_pages SET address = page_id")
    op.create_index(op.f("ix_technique_pages_address"), "technique_pages", ["address"], unique=True)
    op.alter_column("page_versions", "page_id", new_column_name="address")
    redirects = op.create_table(
        "page_redirects",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("video_id", sa.Text(), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.video_id"], name=op.f("fk_page_redirects_video_id")
        ),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_page_redirects")),
    )
    op.create_index(op.f("ix_page_redirects_video_id"), "page_redirects", ["video_id"])
    if gone := _gone():
        op.bulk_insert(redirects, gone)


def _gone() -> list[dict[str, object]]:
    """Pages that do not stand any more; each leads to the one that has most of its moments."""
    connection = op.get_bind()
    versions, pages, cited = VERSIONS.c, PAGES.c, CITED.c
    on_page: dict[tuple[str, str], str] = {
        (video_id, moment_id): address
        for video_id, moment_id, address in connection.execute(
            sa.select(cited.video_id, cited.moment_id, pages.address).join_from(
                CITED,
                PAGES,
                sa.and_(pages.video_id == cited.video_id, pages.position == cited.page_position),
            )
        )
    }
    query = (
        sa.select(versions.address, versions.video_id, versions.stored_at, versions.page)
        .where(versions.address.not_in(sa.select(pages.address)))
        .order_by(versions.version)
    )
    gone = {}
    for address, video_id, stored_at, page in connection.execute(query):
        moments = [(video_id, citation["moment_id"]) for citation in page["citations"]]
        heirs = Counter(on_page[moment] for moment in moments if moment in on_page)
        heir = min(heirs, key=lambda to: (-heirs[to], to), default=None)
        gone[address] = {
            "address": address, "video_id": video_id, "to_address": heir, "since": stored_at,
        }  # fmt: skip
    return list(gone.values())
