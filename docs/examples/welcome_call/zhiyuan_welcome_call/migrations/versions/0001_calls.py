"""calls"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "welcome_call__heard_event",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("heard_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_welcome_call__heard_event")),
    )
    op.create_table(
        "welcome_call__call",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("called_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("called_by", sa.Uuid(), nullable=True),
        sa.Column("minutes_since", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["core__person.id"],
            name=op.f("fk_welcome_call__call_person_id_core__person"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_welcome_call__call")),
    )


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_table("welcome_call__call")
    op.drop_table("welcome_call__heard_event")
