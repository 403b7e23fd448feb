"""Contacts are found by how their name begins."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_contacts_name", "contacts", ["name"], unique=False, postgresql_ops={"name": "varchar_pattern_ops"}
    )


def downgrade() -> None:
    op.drop_index("ix_contacts_name", "contacts")
