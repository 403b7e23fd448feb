"""Alarms about one event are pairs: an alarm may belong to more than one other."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarm_links",
        sa.Column("alarm_id", sa.String(36), sa.ForeignKey("alarms.id"), nullable=False),
        sa.Column("other_id", sa.String(36), sa.ForeignKey("alarms.id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", "other_id"),
    )
    op.create_index("ix_alarm_links_other_id", "alarm_links", ["other_id"])
    op.execute(
        """
        INSERT INTO alarm_links (alarm_id, other_id, at)
        SELECT CASE WHEN a.id < b.id THEN a.id ELSE b.id END, CASE WHEN a.id < b.id THEN b.id ELSE a.id END,
               MAX(a.received_at)
        FROM alarms a JOIN alarms b ON b.id = a.linked_to AND b.id <> a.id
        GROUP BY 1, 2
        """
    )


def downgrade() -> None:
    op.drop_table("alarm_links")
