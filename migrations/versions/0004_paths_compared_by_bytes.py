"""Area paths are compared by bytes, filled for the areas there are, and counted without opening the elders' rows."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DEEPEST = 10
PATH = sa.String(160).with_variant(sa.String(160, collation="C"), "postgresql")


def upgrade() -> None:
    connection = op.get_bind()
    op.drop_index("ix_elders_area_path", "elders")
    if connection.dialect.name == "postgresql":
        op.alter_column("areas", "path", type_=PATH, existing_type=sa.String(160))
        op.alter_column("elders", "area_path", type_=PATH, existing_type=sa.String(160))
    op.create_index("ix_elders_area_path", "elders", ["area_path", "deleted_at"])

    connection.execute(sa.text("UPDATE areas SET path = '/' || code WHERE parent_code IS NULL AND path = ''"))
    for _ in range(DEEPEST):
        connection.execute(
            sa.text(
                "UPDATE areas SET path = (SELECT above.path FROM areas AS above WHERE above.code = areas.parent_code)"
                " || '/' || code WHERE path = '' AND parent_code IN"
                " (SELECT code FROM areas AS above WHERE path <> '' AND length(path) + length(areas.code) < 160)"
            )
        )
    # What hangs in the air after a cut parent stands at the top.
    connection.execute(sa.text("UPDATE areas SET path = '/' || code WHERE path = ''"))


def downgrade() -> None:
    connection = op.get_bind()
    op.drop_index("ix_elders_area_path", "elders")
    if connection.dialect.name == "postgresql":
        op.alter_column("areas", "path", type_=sa.String(160), existing_type=PATH)
        op.alter_column("elders", "area_path", type_=sa.String(160), existing_type=PATH)
    op.create_index("ix_elders_area_path", "elders", ["area_path"])
