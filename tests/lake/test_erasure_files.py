"""Files of every format: the quick search never misses what the slow one finds, and others' bytes stay."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.privacy.change import Change, UnreadableError
from lake.privacy.files import clean, held
from lake.privacy.subject import Subject
from tests.lake.held import archive

GONE = st.sampled_from(["7", "c-1", "abc", "Ä1", "a/b", "user42x"])
NAMES = st.sampled_from(
    ["customer_id", "userId", "user id", "previousId", "entity_id", "note", "quantity", "sample", "x"]
)
WORDS = st.sampled_from(
    ["7", "77", "c-1", "c-10", "abc", "Ä1", "a/b", "user42x", "KIM@x.org", "to kim%40x.org.", "jokim@x.org", ""]
)
VALUES = st.recursive(
    WORDS | st.integers(6, 8) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3) | inner.map(json.dumps),
    max_leaves=8,
)


def subject(id_: str) -> Subject:
    return Subject(id_, frozenset({"kim@x.org"}), frozenset({"visitor"}))


@given(GONE, st.dictionaries(NAMES, VALUES, max_size=4))
def test_the_quick_search_sees_all_that_the_slow_one_finds(gone: str, document: dict[str, Any]) -> None:
    # GIVEN any document, its characters plain or escaped
    who = subject(gone)
    found = who.about(document) or who.names(document)
    for ascii_only in (True, False):
        data = json.dumps(document, ensure_ascii=ascii_only).encode()
        # WHEN it is searched quickly
        # THEN what names the customer is never passed over
        assert who.hinted(data) or not found


@given(GONE, st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_was_taken_out_is_out(gone: str, document: dict[str, Any]) -> None:
    # GIVEN any document
    who = subject(gone)
    # WHEN the customer is taken out of it
    cleaned = who.without(document)
    # THEN nothing is left to take out, and a document without them is the very same
    assert who.without(cleaned) is cleaned
    assert (cleaned is document) == (cleaned == document)


ROWS = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(["7", "77", "c-1", "c-10", "abc", None]),
        "anonymous_id": st.sampled_from(["visitor", "visitors", None]),
        "reason": WORDS,
        "context": st.dictionaries(NAMES, VALUES, max_size=2).map(json.dumps),
        "n": st.integers(6, 8),
    }
)


@given(GONE, st.lists(ROWS, max_size=12), st.integers(1, 5))
def test_a_table_is_cleaned_like_its_rows(tmp_path_factory: Any, gone: str, rows: list[dict], group: int) -> None:
    # GIVEN a Parquet file of any rows
    folder, who = tmp_path_factory.mktemp("table"), subject(gone)
    schema = pa.schema(
        [
            (n, pa.int64() if n == "n" else pa.string())
            for n in ("customer_id", "anonymous_id", "reason", "context", "n")
        ]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema), folder / "in", row_group_size=group)
    # WHEN the customer is taken out
    change = clean(folder / "in", folder / "out", "x.parquet", who)
    # THEN it is the rows one by one without them, in their order
    kept = [row for row in rows if not who.about(row)]
    expected = [{n: v if n == "n" else who.without(v, n) for n, v in row.items()} for row in kept]
    if change is None:
        assert expected == rows
        assert not (folder / "out").exists()
    else:
        assert pq.read_table(folder / "out").to_pylist() == expected
        assert pq.read_schema(folder / "out").equals(schema)
        assert change.removed == len(rows) - len(kept)


@pytest.mark.parametrize("column", ["dictionary", "large", "number", "nested"])
def test_columns_of_other_types_are_seen(tmp_path: Path, column: str) -> None:
    # GIVEN ids in columns that pandas or Arrow may make of them
    types = {
        "dictionary": ("entity_id", pa.array(["7", "77"]).dictionary_encode()),
        "large": ("entity_id", pa.array(["7", "77"], pa.large_string())),
        "number": ("customer_id", pa.array([7, 77])),
        "nested": ("people", pa.array([[{"user_id": "7"}], [{"user_id": "77"}]])),
    }
    name, values = types[column]
    pq.write_table(pa.table({name: values, "n": [7, 8]}), tmp_path / "in")
    # WHEN the customer is taken out
    change = clean(tmp_path / "in", tmp_path / "out", "x", Subject("7"))
    # THEN they are seen
    assert change is not None
    left = pq.read_table(tmp_path / "out")
    assert left.column("n").to_pylist()[-1] == 8
    assert '"7"' not in json.dumps(left.drop_columns("n").to_pylist())


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.json", '{"sample": ["7", "77"], "n": "7"}', '{"sample": ["77"], "n": "7"}'),
        ("a.json", '[{"instance": {"entity_id": "7"}}, 7]', "[7]"),
        ("a.html", "<p>Kim@X.org</p>", "<p></p>"),
        ("a.csv", 'userId,n\n7,7\n77,7\n', "userId,n\n77,7\n"),
        ("a.csv", '"email","n"\n"kim@x.org","7"\n', '"email","n"\n"","7"\n'),
        ("raw/events/x", 'torn\n{"customer_id": "7", "br\n{"customer_id": "77"}\n', 'torn\n{"customer_id": "77"}\n'),
        ("a.jsonl", '{"customer_id":7}\n\n{"customer_id":77}', '\n{"customer_id":77}'),
        ("a", '{\n "sample": ["7"]\n}', '{\n "sample": []\n}'),
    ],
)  # fmt: skip
def test_each_format_keeps_what_is_not_the_customers(tmp_path: Path, name: str, before: str, after: str) -> None:
    # GIVEN a file of some format, plain and gzipped
    (tmp_path / "in").write_text(before)
    (tmp_path / "in.gz").write_bytes(gzip.compress(before.encode()))
    # WHEN the customer is taken out
    assert clean(tmp_path / "in", tmp_path / "out", name, subject("7")) is not None
    assert clean(tmp_path / "in.gz", tmp_path / "out.gz", f"{name}.gz", subject("7")) is not None
    # THEN the rest is there
    same = [json.loads] if name in ("a.json", "a") else [str]
    for text in ((tmp_path / "out").read_text(), gzip.decompress((tmp_path / "out.gz").read_bytes()).decode()):
        assert same[0](text) == same[0](after)


def test_a_document_that_is_the_customers_goes_whole(tmp_path: Path) -> None:
    # GIVEN an export
    (tmp_path / "in").write_text('{"customer_id": "7", "places": {}}')
    # WHEN the customer is taken out
    # THEN nothing is to be kept of it
    assert clean(tmp_path / "in", tmp_path / "out", "export.json", Subject("7")) == Change(removed=1, whole=True)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("model.tar.gz", archive({"notes.json": '{"customer_id": "7"}'})),
        ("picture.png", b"\x89PNG\0" + b"kim@x.org"),
        ("torn.gz", gzip.compress(b"kim@x.org" * 100, mtime=0)[:-20]),
    ],
)
def test_what_cannot_be_cleaned_says_so(tmp_path: Path, name: str, data: bytes) -> None:
    # GIVEN something that nothing can be taken out of
    (tmp_path / "in").write_bytes(data)
    # WHEN the customer is in it
    # THEN that is an error
    with pytest.raises(UnreadableError):
        clean(tmp_path / "in", tmp_path / "out", name, subject("7"))


def test_an_export_tells_the_customers_records_and_no_others(tmp_path: Path) -> None:
    # GIVEN files with records of two, one of which mentions the other
    lines = [{"customer_id": "7", "n": 1}, {"customer_id": "77", "previousId": "7"}, {"customer_id": "77"}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(lines), sink)
    (tmp_path / "a.parquet").write_bytes(sink.getvalue())
    (tmp_path / "a.json").write_text(json.dumps({"all": lines}))
    # WHEN what is held of the customer is asked for
    for name in ("a.jsonl", "a.parquet", "a.json"):
        [record] = held(tmp_path / name, name, Subject("7"))
        # THEN it is the one record
        assert (record["customer_id"], record["n"]) == ("7", 1)
