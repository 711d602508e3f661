"""Who is meant, and how to recognise them: by whole values under names that name a person, never by parts of words."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote

CUSTOMER = frozenset({"customerid", "userid", "entityid", "customer", "user"})
"""Names, as `plain` gives them, of what says whom a record is about."""
PERSON = CUSTOMER | {"previousid", "memberid", "accountid", "subscriberid", "contactid", "buyerid", "recipientid"}
"""Names of what may name a person anywhere in a document."""
ANONYMOUS = "anonymousid"
LISTS = frozenset({"sample", "customers", "customerids", "userids", "entityids"})
"""Names of lists of persons."""
WRAPPERS = ("message", "instance")
"""A refused event is kept in its `message`, a golden request in its `instance`."""
KEPT_ASIDE = frozenset({"object", "line", "reason", "text"})
"""Names of a line that curation could not use: its `text` should be an event and may be broken."""
UNDELIVERED = "rawdata"
"""Where Firehose keeps what it could not deliver, in base64."""
_HIDING = (b"\\u", b"\\/", b'"rawdata"')
"""Behind escapes anything may hide."""

_TELLING = re.compile(r"[^0-9A-Za-z]|(?=.*[A-Za-z])(?=.*[0-9]).{6,}")
_PARTS = re.compile(r"[_\-\s.]+(?=ids?$)", re.IGNORECASE)
_SINGULAR = sorted(name.removesuffix("id") for name in PERSON)
_PLURAL = sorted({*_SINGULAR, *(name.removesuffix("ids") for name in LISTS)})


def plain(name: str) -> str:
    """A name without case, and without what separates its `id`."""
    return _PARTS.sub("", name).lower()


@dataclass(frozen=True)
class Subject:
    """A customer: the id, addresses (in lower case), visitors that turned out to be them and nobody else, and their
    payments, logins and sessions, by type of event, by which rows of tables about events are theirs.

    The id is a value under a name of `PERSON`. An id that nothing else looks like (`c-1`, a UUID; not `17`, which may
    be a quantity as well) is recognised under any name. An address is recognised inside longer texts too.
    """

    customer_id: str
    emails: frozenset[str] = frozenset()
    anonymous_ids: frozenset[str] = frozenset()
    events: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def telling(self) -> bool:
        """Whether the id is recognised under any name."""
        return _TELLING.search(self.customer_id) is not None

    @cached_property
    def _address(self) -> re.Pattern[str] | None:
        if not self.emails:
            return None
        each = "|".join(re.escape(e).replace("@", "(?:@|%40)") for e in sorted(self.emails, key=len, reverse=True))
        return re.compile(rf"(?<![\w.+-])(?:{each})(?![\w-]|\.\w)", re.IGNORECASE)

    @cached_property
    def _word(self) -> re.Pattern[str] | None:
        """The id in text without structure."""
        return re.compile(rf"(?<![\w-]){re.escape(self.customer_id)}(?![\w-])") if self.telling else None

    @cached_property
    def keyed(self) -> str:
        """Pattern, for Python and RE2 alike, of JSON text in which a name of a person or persons may have the id."""
        id_ = re.escape(json.dumps(self.customer_id)[1:-1])
        one = rf'"(?:{"|".join(_SINGULAR)})(?:[_\-\s.]*id)?\\*"\s*:\s*\\*"?{id_}(?:\\*"|[\s,}}\]]|$)'
        several = rf'"(?:{"|".join(_PLURAL)})(?:[_\-\s.]*ids?)?\\*"\s*:\s*\['
        return f"(?i){one}|{several}"

    @cached_property
    def _keyed_bytes(self) -> re.Pattern[bytes]:
        return re.compile(self.keyed.encode())

    @cached_property
    def _hints(self) -> tuple[bytes, ...]:
        """In lower case; an id that may be anything else as well is looked for by `keyed` instead."""
        # Bytes know no case beyond ASCII: of an address with other letters the domain is looked for.
        emails = {e if e.isascii() else e.rpartition("@")[2] for e in self.emails}
        texts = {*self.anonymous_ids, *emails, *(e.replace("@", "%40") for e in emails)}
        if self.telling:
            texts.add(self.customer_id)
        return tuple(sorted(form for t in texts for form in _forms(t)))

    def hinted(self, data: bytes) -> bool:
        """Whether to look closer: quick, and never False where the customer is."""
        low = data.lower()
        if any(hint in low for hint in self._hints) or any(hint in low for hint in _HIDING):
            return True
        here = not self.telling and self.customer_id.encode() in data
        return here and self._keyed_bytes.search(data) is not None

    def about(self, record: object) -> bool:
        """Whether the record is the customer's, or that of a visitor who is nobody but the customer."""
        if not isinstance(record, Mapping):
            return False
        names = {plain(str(name)): value for name, value in record.items()}
        whose = [value for name, value in names.items() if name in CUSTOMER and _is_text(value)]
        if whose:
            return any(str(value) == self.customer_id for value in whose)
        if _is_text(names.get(ANONYMOUS)) and str(names[ANONYMOUS]) in self.anonymous_ids:
            return True
        if names.keys() == KEPT_ASIDE:
            return self._spoken_of(str(names["text"]))
        return any(self.about(names.get(wrapper)) for wrapper in WRAPPERS)

    def without(self, value: Any, name: str = "") -> Any:
        """The value less what names the customer; the very same object where nothing does."""
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, dict):
            return self._mapping(value)
        if isinstance(value, list):
            return self._list(value, name)
        is_id = isinstance(value, int) and not isinstance(value, bool) and plain(name) in PERSON
        return None if is_id and str(value) == self.customer_id else value

    def names(self, value: Any, name: str = "") -> bool:
        """Whether the value names the customer somewhere."""
        return self.without(value, name) is not value

    def blotted(self, text: str) -> str:
        """Text without structure less the addresses and, if nothing else looks like it, the id."""
        for pattern in (self._address, self._word):
            if pattern is not None and pattern.search(text):
                text = pattern.sub("", text)
        return text

    def line(self, line: bytes) -> bytes:
        """A line of JSON less the customer: as it is, empty where it is theirs, else with the rest of it."""
        if not self.hinted(line):
            return line
        try:
            document = json.loads(line)
        except ValueError:
            return b"" if self._in_broken(line.decode("utf-8", "replace")) else line
        if self.about(document):
            return b""
        cleaned = self.without(document)
        if cleaned is document:
            return line
        return json.dumps(cleaned, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"

    def _spoken_of(self, text: str) -> bool:
        try:
            document = json.loads(text)
        except ValueError:
            return self._in_broken(text)
        return self.about(document) or self.names(document)

    def _in_broken(self, text: str) -> bool:
        """Whether a text that should be JSON and is not speaks of the customer."""
        return self._keyed_bytes.search(text.encode("utf-8", "replace")) is not None or self.blotted(text) != text

    def _text(self, value: str, name: str) -> Any:
        if value == self.customer_id and (plain(name) in PERSON or self.telling):
            return None
        if value[:1] in ("{", "[") and self.hinted(value.encode("utf-8", "surrogatepass")):
            try:
                inner = json.loads(value)
            except ValueError:
                inner = None
            if isinstance(inner, dict | list):
                cleaned = self.without(inner, name)
                return value if cleaned is inner else json.dumps(cleaned, ensure_ascii=False, separators=(",", ":"))
        if plain(name) == UNDELIVERED:
            return self._undelivered(value)
        if self._address is None or not ("@" in value or "%40" in value):
            return value
        if self._address.search(value):
            return self._address.sub("", value)
        if "%" in value and self._address.search(unquote(value)):
            return ""
        return value

    def _undelivered(self, value: str) -> str:
        try:
            lines = base64.b64decode(value, validate=True).splitlines(keepends=True)
        except binascii.Error:
            return value
        cleaned = [self.line(line) for line in lines]
        return value if cleaned == lines else base64.b64encode(b"".join(cleaned)).decode()

    def _mapping(self, value: dict[Any, Any]) -> dict[Any, Any]:
        cleaned = {k: self.without(v, str(k)) for k, v in value.items() if not self._is_key(str(k))}
        same = len(cleaned) == len(value) and all(cleaned[k] is value[k] for k in cleaned)
        return value if same else cleaned

    def _is_key(self, key: str) -> bool:
        """Whether something is kept under the customer's very id or address."""
        return (key == self.customer_id and self.telling) or self._text(key, "") is not key

    def _list(self, value: list[Any], name: str) -> list[Any]:
        cleaned = [self.without(v, name) for v in value if not self._listed(v, name)]
        same = len(cleaned) == len(value) and all(c is v for c, v in zip(cleaned, value, strict=True))
        return value if same else cleaned

    def _listed(self, value: Any, name: str) -> bool:
        """Whether the element of a list is the customer, or a record of theirs."""
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value) == self.customer_id and (plain(name) in LISTS | PERSON or self.telling)
        return self.about(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _forms(text: str) -> set[bytes]:
    """A text as JSON may write it, in lower case."""
    return {text.encode("utf-8", "surrogatepass").lower(), json.dumps(text)[1:-1].encode().lower()}
