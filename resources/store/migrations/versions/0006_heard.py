"""What may be wrong with a transcript that was heard: doubts, and speech against words by minute."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for name in ("doubts", "minutes"):
        op.add_column(
            "transcripts", sa.Column(name, sa.JSON(), nullable=False, server_default="[]")
        )
