"""Every mail that was sent, on disk: a campaign's letters would fill the emulator's memory."""

import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from shopkeeper_emulator.mail.accepted import Accepted
from shopkeeper_emulator.settings import settings

_FASTEST = 1


@dataclass(frozen=True, slots=True)
class _Place:
    offset: int
    length: int


class Store:
    """Mail in the order in which it was sent, its messages compressed in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mails: list[Accepted] = []
        self._places: list[_Place] = []
        self._numbers: dict[str, int] = {}
        self._end = 0
        self._lock = threading.Lock()

    def add(self, mail: Accepted) -> None:
        """Keep a mail."""
        packed = zlib.compress(mail.raw, _FASTEST)
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write(packed)
            self._numbers[mail.message_id] = len(self._mails)
            self._mails.append(replace(mail, raw=b""))
            self._places.append(_Place(self._end, len(packed)))
            self._end += len(packed)

    def get(self, message_id: str) -> Accepted | None:
        """The mail of that id."""
        number = self._numbers.get(message_id)
        return None if number is None else self._whole(number)

    def since(self, after: int, limit: int, *, bodies: bool) -> Iterator[Accepted]:
        """Mail after the first `after`, at most `limit`; without `bodies` the messages are left out."""
        for number in range(after, min(len(self._mails), after + limit)):
            yield self._whole(number) if bodies else self._mails[number]

    def __len__(self) -> int:
        return len(self._mails)

    def _whole(self, number: int) -> Accepted:
        place = self._places[number]
        with self._path.open("rb") as file:
            file.seek(place.offset)
            return replace(self._mails[number], raw=zlib.decompress(file.read(place.length)))


_stores: list[Store] = []
_lock = threading.Lock()


def store() -> Store:
    """This cloud's one store."""
    with _lock:
        if not _stores:
            _stores.append(Store(settings().root / "mail.bin"))
        return _stores[0]
