"""The registry's files in full: sealed health, the audit log, findings, and what each file was missing."""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from core.vault import vault_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
CHUNK = 1000


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(op.f("ix_audit_log_action"), "audit_log", ["action"], unique=False)
    op.create_index("ix_audit_log_actor", "audit_log", ["actor_id", "seq"], unique=False)
    op.create_index(op.f("ix_audit_log_at"), "audit_log", ["at"], unique=False)
    op.create_index("ix_audit_log_subject", "audit_log", ["subject_kind", "subject_id", "seq"], unique=False)

    op.create_table(
        "findings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("subject_key", sa.String(length=120), nullable=True),
        sa.Column("elder_id", sa.String(length=36), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.String(length=36), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=120), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subject_key"),
    )
    op.create_index(op.f("ix_findings_elder_id"), "findings", ["elder_id"], unique=False)
    op.create_index(op.f("ix_findings_kind"), "findings", ["kind"], unique=False)
    op.create_index(op.f("ix_findings_resolved_at"), "findings", ["resolved_at"], unique=False)
    op.create_index(op.f("ix_findings_subject_id"), "findings", ["subject_id"], unique=False)

    op.create_table(
        "policy_versions",
        sa.Column("policy_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", "version"),
    )
    op.create_table(
        "elder_addresses",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("elder_id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("given", JSON, nullable=True),
        sa.Column("access", sa.Text(), nullable=True),
        sa.Column("from_day", sa.String(length=5), nullable=True),
        sa.Column("to_day", sa.String(length=5), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["elder_id"],
            ["elders.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_elder_addresses_elder_id"), "elder_addresses", ["elder_id"], unique=False)

    op.create_table(
        "elder_photos",
        sa.Column("elder_id", sa.String(length=36), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["elder_id"],
            ["elders.id"],
        ),
        sa.PrimaryKeyConstraint("elder_id"),
    )
    op.create_table(
        "device_events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(length=30), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["devices.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_device_events_device_id"), "device_events", ["device_id"], unique=False)

    op.add_column("areas", sa.Column("path", sa.String(length=160), server_default="", nullable=False))
    op.create_index(op.f("ix_areas_path"), "areas", ["path"], unique=False)

    op.add_column("contacts", sa.Column("person_id", sa.String(length=36), nullable=True))
    op.add_column("contacts", sa.Column("more_phones", JSON, nullable=True))
    op.add_column("contacts", sa.Column("hours", JSON, nullable=True))
    op.add_column("contacts", sa.Column("away", JSON, nullable=True))
    op.add_column("contacts", sa.Column("languages", JSON, nullable=True))
    op.add_column("contacts", sa.Column("lat", sa.Float(), nullable=True))
    op.add_column("contacts", sa.Column("lon", sa.Float(), nullable=True))
    op.add_column("contacts", sa.Column("given", JSON, nullable=True))
    op.add_column("contacts", sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("contacts", sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("contacts", sa.Column("wrong_number_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("contacts", sa.Column("note", sa.String(length=1000), nullable=True))
    op.create_index(op.f("ix_contacts_person_id"), "contacts", ["person_id"], unique=False)

    op.add_column("devices", sa.Column("triggers", JSON, nullable=True))
    op.add_column("devices", sa.Column("tested", JSON, nullable=True))
    op.add_column("devices", sa.Column("firmware", sa.String(length=60), nullable=True))
    op.add_column("devices", sa.Column("sim_iccid", sa.String(length=22), nullable=True))
    op.add_column("devices", sa.Column("sim_phone", sa.String(length=20), nullable=True))
    op.add_column("devices", sa.Column("batch", sa.String(length=60), nullable=True))
    op.add_column("devices", sa.Column("heartbeat_s", sa.Integer(), nullable=True))
    op.add_column("devices", sa.Column("replaced_by", sa.String(length=36), nullable=True))
    op.add_column("devices", sa.Column("paired_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("devices", sa.Column("note", sa.String(length=1000), nullable=True))
    op.create_index(op.f("ix_devices_batch"), "devices", ["batch"], unique=False)
    op.create_index(op.f("ix_devices_sim_iccid"), "devices", ["sim_iccid"], unique=False)
    op.create_index(op.f("ix_devices_sim_phone"), "devices", ["sim_phone"], unique=False)

    op.add_column("elders", sa.Column("access", sa.Text(), nullable=True))
    op.add_column("elders", sa.Column("access_confirmed_on", sa.Date(), nullable=True))
    op.add_column("elders", sa.Column("id_number", sa.Text(), nullable=True))
    op.add_column("elders", sa.Column("id_number_key", sa.String(length=64), nullable=True))
    op.add_column("elders", sa.Column("service_card", sa.String(length=40), nullable=True))
    op.add_column("elders", sa.Column("kinds", JSON, nullable=True))
    op.add_column("elders", sa.Column("marks", JSON, nullable=True))
    op.add_column("elders", sa.Column("name_reading", sa.String(length=120), nullable=True))
    op.add_column("elders", sa.Column("addressed_as", sa.String(length=60), nullable=True))
    op.add_column("elders", sa.Column("joined_on", sa.Date(), nullable=True))
    op.add_column("elders", sa.Column("service_from", sa.Date(), nullable=True))
    op.add_column("elders", sa.Column("area_code", sa.String(length=20), nullable=True))
    op.add_column("elders", sa.Column("area_path", sa.String(length=160), nullable=True))
    op.add_column("elders", sa.Column("household_id", sa.String(length=36), nullable=True))
    op.create_index(op.f("ix_elders_area_code"), "elders", ["area_code"], unique=False)
    op.create_index(op.f("ix_elders_area_path"), "elders", ["area_path"], unique=False)
    op.create_index(op.f("ix_elders_household_id"), "elders", ["household_id"], unique=False)
    op.create_index(op.f("ix_elders_service_card"), "elders", ["service_card"], unique=False)
    op.create_index(op.f("ix_elders_id_number_key"), "elders", ["id_number_key"], unique=True)

    op.add_column("policies", sa.Column("title", sa.String(length=120), nullable=True))
    op.add_column("policies", sa.Column("area_code", sa.String(length=20), nullable=True))
    op.add_column("policies", sa.Column("elder_id", sa.String(length=36), nullable=True))
    op.add_column("policies", sa.Column("kind", sa.String(length=20), nullable=True))
    op.create_index(op.f("ix_policies_area_code"), "policies", ["area_code"], unique=False)
    op.create_index(op.f("ix_policies_elder_id"), "policies", ["elder_id"], unique=False)

    op.add_column("resources", sa.Column("hours", JSON, nullable=True))
    op.add_column("resources", sa.Column("capabilities", JSON, nullable=True))
    op.add_column("resources", sa.Column("note", sa.String(length=1000), nullable=True))

    op.add_column("users", sa.Column("areas", JSON, nullable=True))
    op.add_column("users", sa.Column("totp_secret", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("totp_last_step", sa.Integer(), nullable=True))
    op.add_column("users", sa.Column("recovery_hashes", JSON, nullable=True))
    op.add_column("users", sa.Column("oidc_subject", sa.String(length=300), nullable=True))
    op.add_column("users", sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("users", sa.Column("failed_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("users", sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_users_oidc_subject"), "users", ["oidc_subject"], unique=True)
    _seal()
    _paths()
    _append_only()


def _seal() -> None:
    """Health and access notes were kept open until now."""
    connection = op.get_bind()
    op.add_column("elders", sa.Column("sealed_health", sa.Text(), nullable=True))
    op.add_column("elders", sa.Column("sealed_notes", sa.Text(), nullable=True))
    old = sa.table("elders", sa.column("id"), sa.column("health", JSON), sa.column("access_notes"))
    new = sa.table("elders", sa.column("id"), sa.column("sealed_health"), sa.column("sealed_notes"))
    change = (
        sa.update(new)
        .where(new.c.id == sa.bindparam("key"))
        .values(sealed_health=sa.bindparam("health"), sealed_notes=sa.bindparam("notes"))
    )
    last = ""
    while True:
        chunk = sa.select(old).where(old.c.id > last).order_by(old.c.id).limit(CHUNK)
        rows = connection.execute(chunk).all()
        if not rows:
            break
        vault = vault_of(connection.dialect)
        sealed = [
            {
                "key": row.id,
                "health": vault.seal(json.dumps(row.health or {}, ensure_ascii=False)),
                "notes": None if row.access_notes is None else vault.seal(row.access_notes),
            }
            for row in rows
        ]
        connection.execute(change, sealed)
        last = rows[-1].id
    for column, sealed_column in (("health", "sealed_health"), ("access_notes", "sealed_notes")):
        op.drop_column("elders", column)
        op.alter_column("elders", sealed_column, new_column_name=column)


def _paths() -> None:
    """Each area's path, from its parents'."""
    connection = op.get_bind()
    areas = sa.table("areas", *map(sa.column, ("id", "code", "name", "parent_code", "path")))
    rows = {row.code: row for row in connection.execute(sa.select(areas))}
    for row in rows.values():
        codes, above = [row.code], row.parent_code
        while above in rows and above not in codes:
            codes.insert(0, above)
            above = rows[above].parent_code
        path = "".join(f"/{code}" for code in codes)
        connection.execute(sa.update(areas).where(areas.c.id == row.id).values(path=path))


def _append_only() -> None:
    """Nobody edits the log through this database, whatever the program above it does."""
    if op.get_context().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_log_no_{what.lower()} BEFORE {what} ON audit_log "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is appended to only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_log_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is appended to only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only()"
    )


def downgrade() -> None:
    raise RuntimeError("what was sealed is not laid open again: restore the backup made before the upgrade")
