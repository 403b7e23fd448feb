"""The index of the search, and triggers that note whose file changed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MARK = "DELETE FROM search_due WHERE elder_id = $; INSERT INTO search_due (elder_id) SELECT $ WHERE $ IS NOT NULL; "
WATCHED = {
    "elders": (
        "id",
        "name, name_reading, sex, birth_date, phone, address, area, area_path, service_card, kinds, marks, lat, "
        "deleted_at",
    ),
    "contacts": ("elder_id", "elder_id, name, role, phone, more_phones, is_key_holder, deleted_at"),
    "devices": ("elder_id", "elder_id, uid, state"),
    "elder_addresses": ("elder_id", "elder_id, address"),
}


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _sqlite()
    else:
        _server()
    # Whoever runs next catches up; an upgrade of a city's files does not wait for it.
    op.execute("INSERT INTO search_due (elder_id) SELECT id FROM elders WHERE deleted_at IS NULL ORDER BY id")


def _sqlite() -> None:
    op.create_table(
        "search_files",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("elder_id", sa.String(length=36), nullable=False, unique=True),
        sa.Column("tokens", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "search_due",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("elder_id", sa.String(length=36), nullable=False, unique=True),
        sa.PrimaryKeyConstraint("n"),
    )
    # What is not an ASCII sign is a part of a token to this tokenizer, whatever Unicode says of it now or later.
    op.execute(
        "CREATE VIRTUAL TABLE search_words USING fts5"
        "(tokens, content='', detail='none', columnsize=0, tokenize=\"ascii tokenchars '=@'\")"
    )
    for table, (key, columns) in WATCHED.items():
        for event, rows in (("INSERT", ("NEW",)), (f"UPDATE OF {columns}", ("OLD", "NEW")), ("DELETE", ("OLD",))):
            name = f"search_due_{table}_{event.split()[0].lower()}"
            marks = "".join(MARK.replace("$", f"{row}.{key}") for row in rows)
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {marks}END")


def _server() -> None:
    op.execute(
        "CREATE TABLE search_files (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
        "elder_id varchar(36) NOT NULL UNIQUE, tokens tsvector NOT NULL)"
    )
    # A short list of what is not in the index proper yet: it is read through by every search.
    op.execute(
        "CREATE INDEX ix_search_files_tokens ON search_files USING gin (tokens) WITH (gin_pending_list_limit = 1024)"
    )
    op.execute("ALTER TABLE search_files ALTER COLUMN tokens SET STATISTICS 1000")
    op.execute("CREATE TABLE search_due (n bigserial PRIMARY KEY, elder_id varchar(36) NOT NULL UNIQUE)")
    op.execute(
        "CREATE FUNCTION search_mark(elder text) RETURNS void LANGUAGE sql AS "
        "$$ INSERT INTO search_due (elder_id) SELECT elder WHERE elder IS NOT NULL "
        "ON CONFLICT (elder_id) DO UPDATE SET n = nextval('search_due_n_seq') $$"
    )
    for table, (key, columns) in WATCHED.items():
        op.execute(
            f"CREATE FUNCTION search_due_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP <> 'INSERT' THEN PERFORM search_mark(OLD.{key}); END IF; "
            f"IF TG_OP = 'INSERT' THEN PERFORM search_mark(NEW.{key}); "
            f"ELSIF TG_OP = 'UPDATE' AND NEW.{key} IS DISTINCT FROM OLD.{key} "
            f"THEN PERFORM search_mark(NEW.{key}); END IF; "
            "RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER search_due_{table} AFTER INSERT OR UPDATE OF {columns} OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION search_due_{table}()"
        )


def downgrade() -> None:
    for table in WATCHED:
        if op.get_context().dialect.name == "sqlite":
            for event in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER search_due_{table}_{event}")
        else:
            op.execute(f"DROP TRIGGER search_due_{table} ON {table}")
            op.execute(f"DROP FUNCTION search_due_{table}()")
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TABLE search_words")
    else:
        op.execute("DROP FUNCTION search_mark(text)")
    op.drop_table("search_due")
    op.drop_table("search_files")
