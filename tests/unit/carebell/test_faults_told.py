import pytest
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from carebell.faults_told import database_fault, file_fault


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (FileExistsError(17, "File exists", "out.csv"), "out.csv: is there already"),
        (PermissionError(13, "Permission denied", "/etc/out.csv"), "/etc/out.csv: this user may not"),
        (OSError(28, "No space left on device", "out.csv"), "out.csv: No space left on device"),
        (OSError(98, "Address already in use"), "Address already in use"),
    ],
)
def test_file_is_named_with_what_to_do(problem: OSError, told: str) -> None:
    assert file_fault(problem).startswith(told)


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (OperationalError("SELECT 1", {}, Exception("no such table: audit_log\nmore")), "(no such table: audit_log)"),
        (IntegrityError("INSERT", {"name": "赵桂明"}, Exception("Key (name)=(赵桂明) exists")), "(IntegrityError)"),
    ],
)
def test_database_is_told_of_without_anybodys_file(problem: SQLAlchemyError, told: str) -> None:
    text = database_fault(problem)

    assert told in text
    assert len(text.splitlines()) == 1
    assert "赵桂明" not in text
