"""What went wrong outside the program, in one line that says what to do."""

from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError, SQLAlchemyError

_FILES: dict[type[OSError], str] = {
    FileExistsError: "is there already: choose another name, or move it away",
    FileNotFoundError: "there is no such file or folder: check the path, and make the folder first",
    NotADirectoryError: "lies below something that is no folder: check the path",
    IsADirectoryError: "is a folder: name a file",
    PermissionError: "this user may not read or write it: check its owner and rights",
}


def file_fault(problem: OSError) -> str:
    """Names the file, where the problem is about one."""
    what = _FILES.get(type(problem)) or problem.strerror or str(problem)
    return what if problem.filename is None else f"{problem.filename}: {what}"


def database_fault(problem: SQLAlchemyError) -> str:
    """Without the statement and its values, which may be somebody's file."""
    what = type(problem).__name__
    if isinstance(problem, OperationalError | ProgrammingError) and isinstance(problem, DBAPIError):
        what = str(problem.orig).strip().partition("\n")[0]  # A table or a server that is away; no row is quoted.
    return f"the database cannot be used ({what}): run carebell doctor, then carebell db upgrade, or restore a backup"
