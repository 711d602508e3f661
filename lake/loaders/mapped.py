"""Loader of a shop's own files by a TOML mapping: several CSV, Parquet or Excel files, joined, into lake tables."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np

from commerce.tables import TABLES
from lake.lake import Lake
from lake.loaders import files
from lake.loaders.loading import Loading
from lake.loaders.mapping import ColumnRule, Mapping, TableRule, read_mapping
from lake.loaders.mapping_sql import Compiled, compile_rule, literal, quoted
from lake.loaders.report import LoadReport, Progress
from lake.partitions import connect
from lake.problems import Problem

_LISTED = 1000


def load(
    lake: Lake,
    mapping: str | Path,
    folder: str | Path | None = None,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Load the files that the TOML file `mapping` names; relative paths start at `folder` (default: the TOML's).

    A row with a value that cannot be read, or with the key of an earlier row and other values, is left out, listed
    with file, row, column, value and reason, and counted. With `dry_run` nothing is written. ValueError for a
    mapping that is wrong in itself.
    """
    path = Path(mapping)
    rules = read_mapping(path)
    base = Path(folder) if folder else path.parent
    steps = len(rules.files) + len(rules.tables)
    loading = Loading(lake, f"{rules.name} ({path.name})", dry_run=dry_run, progress=progress, steps=steps)
    with connect() as source:
        for name, file in rules.files.items():
            loading.step(f"reading {file}")
            files.read(source, base / file, name)
        for rule in rules.tables:
            loading.step(rule.table)
            _table(loading, source, rules, rule)
    return loading.finish()


def _table(loading: Loading, source: duckdb.DuckDBPyConnection, mapping: Mapping, rule: TableRule) -> None:
    columns = _columns(source, rule)
    table = TABLES[rule.table]
    wanted = dict(rule.columns)
    if mapping.currency and "currency" in table.column_names and "currency" not in wanted:
        wanted["currency"] = ColumnRule(constant=mapping.currency)
    numeric = _numeric(source, rule, columns)
    compiled: dict[str, Compiled] = {}
    for name, column_rule in wanted.items():
        try:
            compiled[name] = compile_rule(column_rule, table.column(name).type, columns, mapping.time_zone, numeric)
        except KeyError as error:
            known = ", ".join(c for c in columns if "." not in c)
            raise ValueError(f"{rule.table}.{name}: no file has a column {error}; there are {known}") from None
    where = _where(rule, columns)
    selected = [f'{quoted(rule.file)}."{files.ROW}" AS "~row"']
    selected += [f"{c.value} AS {quoted(n)}, {c.text} AS {quoted('~' + n)}" for n, c in compiled.items()]
    sql = f"SELECT {', '.join(selected)} FROM {_joined(rule, columns)}{where} ORDER BY 1"  # noqa: S608 - quoted names and literals only
    source.execute(f"CREATE OR REPLACE TEMP TABLE mapped AS {sql}")
    _note_unmatched(loading, source, rule, columns)
    _put(loading, source, rule, list(compiled), mapping.files[rule.file])


def _columns(source: duckdb.DuckDBPyConnection, rule: TableRule) -> dict[str, str]:
    """SQL by name: every column as `file.column`, and by itself from the first file that has it."""
    columns: dict[str, str] = {}
    for file in (rule.file, *(j.file for j in rule.join)):
        for name in source.table(quoted(file)).columns:
            if name != files.ROW:
                sql = f"{quoted(file)}.{quoted(name)}"
                columns[f"{file}.{name}"] = sql
                columns.setdefault(name, sql)
    return columns


def _numeric(source: duckdb.DuckDBPyConnection, rule: TableRule, columns: dict[str, str]) -> set[str]:
    """Columns wanted in JSON that hold numbers wherever they hold anything."""
    asked: set[str] = set()
    for column_rule in rule.columns.values():
        entries = column_rule.json_of or ()
        asked |= set(entries.values() if isinstance(entries, dict) else entries)
    found = set()
    for name in asked & columns.keys():
        text = f"nullif(trim(CAST({columns[name]} AS VARCHAR)), '')"
        file = columns[name].partition('"."')[0] + '"'
        # An id with leading zeros is text, whatever it looks like.
        odd = f"{text} IS NOT NULL AND (TRY_CAST({text} AS DOUBLE) IS NULL OR regexp_matches({text}, '^0[0-9]'))"
        if not source.sql(f"SELECT 1 FROM {file} WHERE {odd} LIMIT 1").fetchall():  # noqa: S608 - quoted names only
            found.add(name)
    return found


def _joined(rule: TableRule, columns: dict[str, str]) -> str:
    sql = quoted(rule.file)
    for join in rule.join:
        kind = "JOIN" if join.required else "LEFT JOIN"
        sql += f" {kind} {quoted(join.file)} ON {_on(rule, join.file, join.on, columns)}"
    return sql


def _on(rule: TableRule, file: str, on: dict[str, str], columns: dict[str, str]) -> str:
    terms = []
    for ours, theirs in on.items():
        left, right = columns.get(ours), columns.get(f"{file}.{theirs}")
        if left is None or right is None:
            missing = ours if left is None else f"{file}.{theirs}"
            raise ValueError(f"{rule.table}: there is no column {missing!r} to join {file} on")
        terms.append(f"trim(CAST({left} AS VARCHAR)) = trim(CAST({right} AS VARCHAR))")
    return " AND ".join(terms)


def _where(rule: TableRule, columns: dict[str, str]) -> str:
    terms = []
    for name, values in rule.where.items():
        if name not in columns:
            raise ValueError(f"{rule.table}: there is no column {name!r} to choose rows by")
        terms.append(f"trim(CAST({columns[name]} AS VARCHAR)) IN ({', '.join(literal(v) for v in values)})")
    return f" WHERE {' AND '.join(terms)}" if terms else ""


def _note_unmatched(
    loading: Loading, source: duckdb.DuckDBPyConnection, rule: TableRule, columns: dict[str, str]
) -> None:
    for join in rule.join:
        first = [o for o in join.on if columns[o].startswith(quoted(rule.file) + ".")]
        if len(first) < len(join.on):
            continue
        sql = f"SELECT count(*) FROM {quoted(rule.file)} ANTI JOIN {quoted(join.file)} ON "  # noqa: S608 - quoted names only
        count = source.sql(sql + _on(rule, join.file, join.on, columns)).fetchall()[0][0]
        how = "left out" if join.required else f"kept, columns of {join.file} empty"
        loading.handled(f"{rule.table}: rows of {rule.file} without a partner in {join.file}", count, how)


def _put(loading: Loading, source: duckdb.DuckDBPyConnection, rule: TableRule, columns: list[str], file: str) -> None:
    """Refuse rows that cannot be read or contradict an earlier one, and load the others."""
    unread = {c: f"{quoted(c)} IS NULL AND {quoted('~' + c)} IS NOT NULL" for c in columns}
    types = {c.name: c.type for c in TABLES[rule.table].columns}
    for column, condition in unread.items():
        found = source.sql(
            f'SELECT "~row", {quoted("~" + column)} FROM mapped WHERE {condition} ORDER BY 1 LIMIT {_LISTED}'  # noqa: S608 - quoted names only
        ).fetchall()
        reason = "is none of the mapped values" if rule.columns.get(column, ColumnRule(constant=0)).map else ""
        reason = reason or f"cannot be read as {types[column]}"
        loading.problems(Problem(rule.table, row, column, value, reason, file) for row, value in found)
    bad = " OR ".join(f"({c})" for c in unread.values())
    loading.refuse(rule.table, source.sql(f"SELECT count(*) FROM mapped WHERE {bad}").fetchall()[0][0])  # noqa: S608 - likewise
    source.execute(
        f'CREATE OR REPLACE TEMP TABLE readable AS SELECT "~row", {", ".join(map(quoted, columns))} '  # noqa: S608 - likewise
        f"FROM mapped WHERE NOT ({bad})"
    )
    _refuse_contradictions(loading, source, rule, columns, file)
    rows = source.sql('SELECT * FROM readable ORDER BY "~row"').to_arrow_table()
    numbers = np.asarray(rows.column("~row").to_numpy())
    loading.put(rule.table, rows.drop_columns("~row"), source=file, numbers=numbers)


def _refuse_contradictions(
    loading: Loading, source: duckdb.DuckDBPyConnection, rule: TableRule, columns: list[str], file: str
) -> None:
    keys = [k for k in TABLES[rule.table].key if k in columns]
    by_key = ", ".join(quoted(k) for k in keys)
    everything = ", ".join(map(quoted, columns))
    # Rows alike in everything are one row; of the others with the same key, the first in the file holds.
    source.execute(
        f'CREATE OR REPLACE TEMP TABLE readable AS SELECT min("~row") AS "~row", {everything} '  # noqa: S608 - quoted names only
        f"FROM readable GROUP BY ALL"
    )
    found = source.sql(
        f'SELECT "~row", first, {quoted(keys[0])} FROM (SELECT *, min("~row") OVER (PARTITION BY {by_key}) AS first '  # noqa: S608 - likewise
        f'FROM readable) WHERE "~row" <> first ORDER BY 1'
    ).fetchall()
    loading.problems(
        Problem(
            rule.table, row, keys[0], value, f"row {first} has the same key ({', '.join(keys)}) and other values", file
        )
        for row, first, value in found[:_LISTED]
    )
    loading.refuse(rule.table, len(found))
    if found:
        source.execute(
            'DELETE FROM readable WHERE "~row" <> (SELECT min(r."~row") FROM readable r WHERE '  # noqa: S608 - likewise
            + " AND ".join(f"r.{quoted(k)} = readable.{quoted(k)}" for k in keys)
            + ")"
        )
