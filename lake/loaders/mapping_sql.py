"""A mapping's column rules as SQL over text columns: only quoted names and literals of a mapping get into it."""

from __future__ import annotations

from dataclasses import dataclass

from commerce.schema import ColumnType
from lake.loaders.mapping import ColumnRule

_NUMBER = {"int64": "BIGINT", "float64": "DOUBLE", "decimal(18,4)": "DECIMAL(18, 4)"}
_EPOCH = {"s": 1_000_000, "ms": 1_000, "us": 1}


@dataclass(frozen=True)
class Compiled:
    """SQL of the typed value, and of the text it was read from (NULL where nothing can go wrong)."""

    value: str
    text: str


def quoted(name: str) -> str:
    """An identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A text literal."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return "'" + text.replace("'", "''") + "'"


def compile_rule(
    rule: ColumnRule, type_: ColumnType, columns: dict[str, str], zone: str, numeric: set[str]
) -> Compiled:
    """SQL for one lake column of type `type_`.

    `columns` gives the SQL of every column of the files by the name that a mapping may use; `numeric` are those that
    hold numbers throughout, which JSON keeps as numbers. KeyError names a column that no file has.
    """

    def text(name: str) -> str:
        return f"nullif(trim(CAST({columns[name]} AS VARCHAR)), '')"

    def amount(name: str) -> str:
        return f"TRY_CAST({_digits(text(name), rule)} AS DECIMAL(18, 4))"

    if rule.json_of is not None:
        names = rule.json_of if isinstance(rule.json_of, dict) else {c.rpartition(".")[2]: c for c in rule.json_of}
        entries = [
            f"{literal(k)}, {f'TRY_CAST({text(c)} AS DOUBLE)' if c in numeric else text(c)}" for k, c in names.items()
        ]
        return Compiled(f"CAST(json_object({', '.join(entries)}) AS VARCHAR)", "NULL")
    if rule.concat is not None:
        parts = [text(c) for c in rule.concat]
        # One missing part makes the whole missing: half a key is no key.
        joined = f" || {literal(rule.separator)} || ".join(parts)
        return _typed(joined, rule, type_, zone)
    for names, sign in ((rule.sum, "+"), (rule.difference, "-"), (rule.product, "*")):
        if names is not None:
            value = f" {sign} ".join(amount(c) for c in names)
            shown = f"concat_ws(' {sign} ', {', '.join(text(c) for c in names)})"
            return Compiled(f"CAST(({value}){_scale(rule)} AS {_NUMBER.get(type_, 'VARCHAR')})", shown)
    if rule.constant is not None:
        return _typed(literal(rule.constant), rule, type_, zone)
    assert rule.column is not None  # noqa: S101 - the mapping's validator saw to it
    return _typed(text(rule.column), rule, type_, zone)


def _typed(text: str, rule: ColumnRule, type_: ColumnType, zone: str) -> Compiled:
    if rule.default is not None:
        text = f"coalesce({text}, {literal(rule.default)})"
    read = text
    if rule.map is not None:
        cases = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in rule.map.items())
        other = f" ELSE {literal(rule.otherwise)}" if rule.otherwise is not None else ""
        read = f"CASE WHEN {text} IS NULL THEN NULL ELSE CASE {text} {cases}{other} END END"
    if type_ == "string":
        return Compiled(read, text)
    if type_ == "json":
        return Compiled(f"CASE WHEN json_valid({read}) THEN {read} END", text)
    if type_ == "bool":
        true, false = "('true', 'yes', 'y', '1')", "('false', 'no', 'n', '0')"
        value = f"CASE WHEN lower({read}) IN {true} THEN true WHEN lower({read}) IN {false} THEN false END"
        return Compiled(value, text)
    if type_ in ("timestamp", "date"):
        return Compiled(_time(read, rule, type_, rule.time_zone or zone), text)
    number = f"TRY_CAST({_digits(read, rule)} AS DECIMAL(24, 6))"
    if type_ == "float64":
        number = f"TRY_CAST({_digits(read, rule)} AS DOUBLE)"
    value = f"{number}{_scale(rule)}"
    if type_ == "int64":
        value = f"CASE WHEN {value} = round({value}) THEN {value} END"
    return Compiled(f"TRY_CAST({value} AS {_NUMBER[type_]})", text)


def _time(text: str, rule: ColumnRule, type_: ColumnType, zone: str) -> str:
    if rule.epoch is not None:
        instant = f"make_timestamptz(TRY_CAST({text} AS BIGINT) * {_EPOCH[rule.epoch]})"
        return instant if type_ == "timestamp" else f"CAST({instant} AS DATE)"
    if rule.format is not None:
        local = f"TRY_STRPTIME({text}, {literal(rule.format)})"
    else:
        local = f"TRY_CAST({text} AS TIMESTAMP)"
    if type_ == "date":
        return f"CAST({local} AS DATE)"
    moment = f"timezone({literal(zone)}, {local})"
    if rule.format is not None:
        return moment
    # A time that carries its own offset needs no zone.
    return (
        f"CASE WHEN regexp_matches({text}, '(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$') AND {text} LIKE '%:%' "
        f"THEN TRY_CAST({text} AS TIMESTAMPTZ) ELSE {moment} END"
    )


def _digits(text: str, rule: ColumnRule) -> str:
    return f"replace(replace({text}, '.', ''), ',', '.')" if rule.decimal_comma else text


def _scale(rule: ColumnRule) -> str:
    return "" if rule.scale is None else f" * CAST({literal(rule.scale)} AS DECIMAL(12, 6))"
