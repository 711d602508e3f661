"""What a file of any format holds of a customer, and the file without it.

The format shows in the first bytes and the name's ending: Parquet, JSON, JSON lines, CSV, text, each plain or gzipped,
and archives, in which nothing may be found. A file that the customer is not in is never written anew.
"""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lake.privacy import parquet
from lake.privacy.change import Change, UnreadableError
from lake.privacy.subject import Subject

_HEAD = 4096
_LINES = ("raw/", "rejected/", "failed/", "lake/_curation/rejected/")
"""Lines whatever they look like: what is broken there is broken line by line."""


def clean(source: Path, target: Path, name: str, subject: Subject, table: str | None = None) -> Change | None:
    """Write the file `name` without the customer to `target`; None, and no file, where they are not in it.

    `table` names the lake table whose partition it is. Raises `UnreadableError`.
    """
    kind = _kind(source, name)
    if kind == "parquet":
        return parquet.clean(source, target, subject, table)
    if kind == "archive":
        return _archive(source, subject)
    if kind == "gzip":
        return _gzipped(source, target, name, subject)
    if kind == "document":
        return _document(source, target, subject)
    if kind == "lines":
        return _lines(source, target, subject)
    return _csv(source, target, subject) if kind == "csv" else _text(source, target, subject)


def held(source: Path, name: str, subject: Subject) -> Iterator[Any]:
    """Records of the file that are the customer's; what only mentions them is somebody else's and is not told."""
    kind = _kind(source, name)
    if kind == "parquet":
        yield from parquet.held(source, subject)
    elif kind == "gzip":
        with tempfile.TemporaryDirectory() as scratch:
            plain = Path(scratch) / "plain"
            _unzip(source, plain)
            yield from held(plain, name.removesuffix(".gz"), subject)
    elif kind == "document":
        yield from _inside(json.loads(source.read_bytes()), subject)
    elif kind == "lines":
        with source.open("rb") as lines:
            for line in lines:
                document = _parsed(line) if subject.hinted(line) else None
                if subject.about(document):
                    yield document
    elif kind == "csv":
        with source.open(encoding="utf-8", newline="") as file:
            yield from (row for row in csv.DictReader(file) if subject.about(row))


def _kind(source: Path, name: str) -> str:
    with source.open("rb") as file:
        head = file.read(_HEAD)
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:2] == b"\x1f\x8b":
        return "archive" if name.endswith((".tar.gz", ".tgz")) else "gzip"
    if name.endswith(".jsonl") or name.startswith(_LINES):
        return "lines"
    if name.endswith(".csv"):
        return "csv"
    if head.lstrip()[:1] not in (b"{", b"["):
        return "text"
    # A document over several lines has a first line that is none; one line may be either, and is read as a line.
    first, newline, _ = head.partition(b"\n")
    if name.endswith(".json") or not (newline or len(head) < _HEAD):
        return "document" if _parsed(source.read_bytes()) is not None else "lines"
    return "lines" if first.lstrip()[:1] == b"{" and first.strip() != b"{" else "document"


def _parsed(data: bytes) -> Any:
    """What JSON says; None where it is none."""
    try:
        return json.loads(data)
    except ValueError:
        return None


def _document(source: Path, target: Path, subject: Subject) -> Change | None:
    data = source.read_bytes()
    if not subject.hinted(data):
        return None
    document = _parsed(data)
    if document is None:
        return _text(source, target, subject)
    if subject.about(document):
        return Change(removed=1, whole=True)
    cleaned = subject.without(document)
    if cleaned is document:
        return None
    indent = 1 if b"\n" in data.strip() else None
    target.write_bytes(json.dumps(cleaned, ensure_ascii=False, indent=indent).encode("utf-8", "surrogatepass"))
    return Change(redacted=1)


def _inside(document: Any, subject: Subject) -> Iterator[Any]:
    if subject.about(document):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from _inside(value, subject)
    elif isinstance(document, list):
        for value in document:
            yield from _inside(value, subject)


def _lines(source: Path, target: Path, subject: Subject) -> Change | None:
    removed = redacted = left = 0
    with source.open("rb") as lines, target.open("wb") as kept:
        for line in lines:
            cleaned = subject.line(line)
            kept.write(cleaned)
            left += bool(cleaned.strip())
            if cleaned is not line:
                removed += not cleaned
                redacted += bool(cleaned)
    return _if_changed(Change(removed, redacted, left), target)


def _csv(source: Path, target: Path, subject: Subject) -> Change | None:
    """Cells are quoted where the file begins with a quote, as Athena's results are."""
    change = Change()
    with source.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        quoting = csv.QUOTE_ALL if file.read(1) == '"' else csv.QUOTE_MINIMAL
        file.seek(0)
        with target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as kept:
            rows, out = csv.reader(file), csv.writer(kept, quoting=quoting, lineterminator="\n")
            names = next(rows, [])
            out.writerow(names)
            for row in rows:
                if subject.about(dict(zip(names, row, strict=False))):
                    change += Change(removed=1)
                    continue
                padded = [*names, *[""] * (len(row) - len(names))]
                cleaned = [subject.without(cell, name) for cell, name in zip(row, padded, strict=False)]
                change += Change(redacted=any(c is not cell for c, cell in zip(cleaned, row, strict=True)))
                out.writerow(["" if c is None else c for c in cleaned])
    return _if_changed(change, target)


def _text(source: Path, target: Path, subject: Subject) -> Change | None:
    data = source.read_bytes()
    if not subject.hinted(data):
        return None
    text = data.decode("utf-8", "surrogateescape")
    cleaned = subject.blotted(text)
    if cleaned == text:
        return None
    if b"\0" in data[:_HEAD]:
        raise UnreadableError("is a binary file")
    target.write_bytes(cleaned.encode("utf-8", "surrogateescape"))
    return Change(redacted=1)


def _gzipped(source: Path, target: Path, name: str, subject: Subject) -> Change | None:
    with tempfile.TemporaryDirectory() as scratch:
        plain, cleaned = Path(scratch) / "plain", Path(scratch) / "cleaned"
        try:
            _unzip(source, plain)
        except (OSError, EOFError) as error:
            raise UnreadableError("cannot be decompressed") from error
        change = clean(plain, cleaned, name.removesuffix(".gz"), subject)
        if change is not None and not change.whole:
            with cleaned.open("rb") as file, target.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as kept:
                shutil.copyfileobj(file, kept)
        return change


def _archive(source: Path, subject: Subject) -> None:
    """An artifact holds what was learned, never a customer: finding one is an error."""
    with tempfile.TemporaryDirectory() as scratch, tarfile.open(source) as tar:
        part, cleaned = Path(scratch) / "part", Path(scratch) / "cleaned"
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is None:
                continue
            with part.open("wb") as file:
                shutil.copyfileobj(content, file)
            if clean(part, cleaned, member.name, subject) is not None:
                raise UnreadableError("is an archive")


def _unzip(source: Path, target: Path) -> None:
    with gzip.open(source, "rb") as file, target.open("wb") as plain:
        shutil.copyfileobj(file, plain)


def _if_changed(change: Change, target: Path) -> Change | None:
    if change.removed or change.redacted:
        return change
    target.unlink()
    return None
