"""Areas have boundaries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    degrees = [sa.Column(name, sa.Float(), nullable=False) for name in ("lat_min", "lat_max", "lon_min", "lon_max")]
    op.create_table(
        "area_shapes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("shape", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        *degrees,
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("reach_m", sa.Float(), nullable=False),
        sa.Column("area_m2", sa.Float(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(120), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["areas.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_area_shapes_lat", "area_shapes", ["lat_min", "lat_max"])


def downgrade() -> None:
    op.drop_index("ix_area_shapes_lat", "area_shapes")
    op.drop_table("area_shapes")
