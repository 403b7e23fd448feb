"""Statements of the hot path: their text is made once for each database and run without further ceremony.

SQLAlchemy's way through one execution costs several times what the database needs for it, and a press takes ten.
Here are the same texts, conversions and errors, in the connection's own transaction; only the events are missing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Insert, Select, Table, Update, bindparam, insert
from sqlalchemy.exc import DBAPIError

Row = tuple[Any, ...]
Condition = Callable[[ColumnElement[Any]], ColumnElement[bool]]
Statement = Select[*tuple[Any, ...]] | Update | Insert
_Conversion = tuple[int, Callable[[Any], Any]]  # Of the value at this place.


class Prepared:
    """A statement with named parameters. None is SQL's NULL everywhere, in a column of JSON too.

    `columns` are what an INSERT fills; each row gives all of them. Beside a list of constants (`in_`) a parameter must
    be `bindparam(name, required=False)`.
    """

    def __init__(self, statement: Statement, columns: Sequence[str] = ()) -> None:
        self._statement, self._columns = statement, columns

    def rows(self, connection: Connection, **parameters: Any) -> list[Row]:
        """The answer to a SELECT."""
        text = self._text(connection.dialect)
        return _executed(connection, text, text.for_driver(parameters))

    def run(self, connection: Connection, rows: Collection[Mapping[str, Any]]) -> None:
        """Once for each of the rows."""
        text = self._text(connection.dialect)
        given = [text.for_driver(row) for row in rows]
        is_many = len(given) != 1
        _executed(connection, text, given if is_many else given[0], is_many=is_many)

    def _text(self, dialect: Dialect) -> "_Text":
        """Kept with the dialect, that is with the database: the vault that seals its columns is there as well."""
        kept: dict[Prepared, _Text] = vars(dialect).setdefault("carebell_prepared", {})
        text = kept.get(self)
        if text is None:
            text = kept[self] = _Text(self._statement, self._columns, dialect)
        return text


class _Text:
    """A statement as one database takes it."""

    def __init__(self, statement: Statement, columns: Sequence[str], dialect: Dialect) -> None:
        compiled = statement.compile(
            dialect=dialect, column_keys=columns or None, compile_kwargs={"render_postcompile": True}
        )
        self.sql = str(compiled)
        self.driver_error: type[Exception] = dialect.loaded_dbapi.Error
        wanted = {name for name, parameter in compiled.binds.items() if parameter.required}
        self._constants = {name: value for name, value in compiled.params.items() if name not in wanted}
        self._names = tuple(compiled.positiontup or compiled.params)
        self._dialect, self._is_positional = dialect, dialect.positional
        self._in = [
            (place, convert)
            for place, name in enumerate(self._names)
            if name in compiled.binds
            and (convert := compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) is not None
        ]
        self.has_rows = isinstance(statement, Select)
        self._types = [column.type for column in statement.selected_columns] if isinstance(statement, Select) else []
        self._out: list[_Conversion] | None = None

    def for_driver(self, given: Mapping[str, Any]) -> Any:
        """The parameters in the order or under the names of the text. Raises KeyError for one that is missing."""
        all_of_them = {**self._constants, **given} if self._constants else given
        values = [all_of_them[name] for name in self._names]
        _convert(values, self._in)
        return values if self._is_positional else dict(zip(self._names, values, strict=True))

    def from_driver(self, cursor: Any) -> list[Row]:
        """The rows under the cursor; how to convert them depends on what the driver says of the columns."""
        if self._out is None:
            told = [column[1] for column in cursor.description]
            self._out = [
                (place, convert)
                for place, (kind, code) in enumerate(zip(self._types, told, strict=True))
                if (convert := kind.dialect_impl(self._dialect).result_processor(self._dialect, code)) is not None
            ]
        found: list[Row] = cursor.fetchall()
        if not self._out:
            return found
        rows = [list(row) for row in found]
        for row in rows:
            _convert(row, self._out)
        return [tuple(row) for row in rows]


def _convert(values: list[Any], conversions: Collection[_Conversion]) -> None:
    for place, convert in conversions:
        if values[place] is not None:
            values[place] = convert(values[place])


def _executed(connection: Connection, text: _Text, parameters: Any, *, is_many: bool = False) -> list[Row]:
    """What there is to fetch, in the connection's transaction; the driver's errors leave it as SQLAlchemy's."""
    cursor = None
    try:
        cursor = connection.connection.cursor()
        if is_many:
            cursor.executemany(text.sql, parameters)
        else:
            cursor.execute(text.sql, parameters)
        return text.from_driver(cursor) if text.has_rows else []
    except text.driver_error as problem:
        raise _translated(problem, connection, text) from problem
    finally:
        if cursor is not None:
            cursor.close()


def _translated(problem: Exception, connection: Connection, text: _Text) -> BaseException:
    """The driver's error as SQLAlchemy's; a connection that is gone is not used again. Parameters stay out of it."""
    dialect = connection.dialect
    is_gone = dialect.is_disconnect(problem, connection.connection, None)  # type: ignore[arg-type]  # a driver's
    if is_gone:
        connection.invalidate(problem)
    return DBAPIError.instance(
        text.sql, None, problem, text.driver_error, hide_parameters=True, connection_invalidated=is_gone,
        dialect=dialect,
    )  # fmt: skip


def insert_into(table: Table) -> Prepared:
    """An INSERT of whole rows; the database counts up the number that it keeps itself."""
    columns = [column.name for column in table.c if column is not table.autoincrement_column]
    return Prepared(insert(table).inline(), columns)


class Among:
    """A query about some keys: prepared for one key (most presses are alone), and made once for several.

    `make` is given what turns a column into the condition: `Among(lambda among: select(t).where(among(t.c.id)))`.
    """

    def __init__(self, make: Callable[[Condition], Select[*tuple[Any, ...]]]) -> None:
        self._one = Prepared(make(lambda column: column == bindparam("key", required=False)))
        self._many = make(lambda column: column.in_(bindparam("keys", expanding=True)))

    def rows(self, connection: Connection, keys: Collection[str]) -> list[Row]:
        if len(keys) == 1:
            return self._one.rows(connection, key=next(iter(keys)))
        return [tuple(row) for row in connection.execute(self._many, {"keys": list(keys)})]
