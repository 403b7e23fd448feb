"""Homes and positions are found by the part of the map that is looked at."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_elders_lat_lon", "elders", ["lat", "lon"], unique=False)
    op.create_index("ix_device_fixes_lat_lon", "device_fixes", ["lat", "lon"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_device_fixes_lat_lon", "device_fixes")
    op.drop_index("ix_elders_lat_lon", "elders")
