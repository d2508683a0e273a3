"""Why a moment may belong to another category than it was filed under."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column(
        "classifications", sa.Column("doubt", sa.Text(), nullable=False, server_default="")
    )
