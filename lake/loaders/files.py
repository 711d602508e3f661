"""Reading a shop's files: Parquet, CSV and Excel into DuckDB tables of text, each row with its number in the file."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
from python_calamine import CalamineWorkbook

ROW = "~row"
"""Name of the column with the row's number in its file, from 1, the header not counted."""


def read(connection: duckdb.DuckDBPyConnection, path: Path, view: str) -> None:
    """Make the file at `path` known as `view`, every column as text except in Parquet, plus the column `ROW`.

    Raises FileNotFoundError, or ValueError for a file that is no Parquet, CSV or Excel, or is empty.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there")
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        relation = connection.from_parquet(str(path))
    elif suffix in (".csv", ".txt", ".tsv"):
        relation = _csv(connection, path)
    elif suffix in (".xlsx", ".xlsm", ".xls"):
        relation = connection.from_arrow(_excel(path))
    else:
        raise ValueError(f"{path} is neither .parquet, .csv nor .xlsx")
    relation.create_view("~unnumbered", replace=True)
    connection.execute(f'CREATE TEMP TABLE "{view}" AS SELECT *, row_number() OVER () AS "{ROW}" FROM "~unnumbered"')  # noqa: S608 - view names are the loaders' own


def _csv(connection: duckdb.DuckDBPyConnection, path: Path) -> duckdb.DuckDBPyRelation:
    """Text as it stands; UTF-8, or Latin-1, in which old exports and Excel on Windows write."""
    encoding = "utf-8"
    with path.open("rb") as file:
        while block := file.read(1 << 24):
            # A multi-byte character may be cut at the block's end, hence the last bytes do not count.
            try:
                block[: -4 if len(block) == 1 << 24 else None].decode("utf-8-sig")
            except UnicodeDecodeError as error:
                if error.start > 3:
                    encoding = "latin-1"
                    break
    return connection.read_csv(str(path), all_varchar=True, header=True, encoding=encoding)


def _excel(path: Path) -> pa.Table:
    """All sheets one below the other; they must have the same header. The sheet's name is the column `sheet`."""
    book = CalamineWorkbook.from_path(str(path))
    tables = []
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python()
        if not rows:
            continue
        header = [str(h) for h in rows[0]]
        columns = list(zip(*rows[1:], strict=True)) or [()] * len(header)
        data = {h: pa.array([_text(v) for v in values], pa.string()) for h, values in zip(header, columns, strict=True)}
        data["sheet"] = pa.array([name] * (len(rows) - 1), pa.string())
        tables.append(pa.table(data))
    if not tables:
        raise ValueError(f"{path} has no rows")
    if any(t.column_names != tables[0].column_names for t in tables):
        raise ValueError(f"the sheets of {path} have different headers; save the ones to load as files of their own")
    return pa.concat_tables(tables)


def _text(value: object) -> str | None:
    """A cell as it would stand in a CSV; a whole number that Excel keeps as a float without its `.0`."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
