"""The life of devices: what their models have in common, since when tests count, and quick lists by state and model."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_models",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("triggers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("heartbeat_s", sa.Integer(), nullable=True),
        sa.Column("firmware", sa.String(length=60), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.add_column("devices", sa.Column("tested_from", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_devices_model", "devices", ["model", "id"], unique=False)
    op.create_index("ix_devices_state", "devices", ["state", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_devices_state", table_name="devices")
    op.drop_index("ix_devices_model", table_name="devices")
    op.drop_column("devices", "tested_from")
    op.drop_table("device_models")
