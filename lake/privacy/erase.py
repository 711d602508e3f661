"""Taking a customer out of every object of the shop's buckets, and their old versions, until a search finds nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from lake.privacy.bucket import Bucket
from lake.privacy.change import Change, UnreadableError
from lake.privacy.files import clean
from lake.privacy.manifests import recount
from lake.privacy.mirror import Mirror
from lake.privacy.places import place_of, table_of
from lake.privacy.subject import Subject
from lake.privacy.walk import Object, each, objects
from lake.stores import ConflictError

PASSES = 6
_ATTEMPTS = 20
_SHOWN = 10


class LeftError(Exception):
    """Something still names the customer; the message tells the objects' keys."""


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of one object: what was taken out, or why nothing could be.

    `clean`: the very content that was listed does not hold the customer (somebody may have replaced it since).
    """

    object_: Object
    change: Change | None = None
    problem: str = ""
    clean: bool = False


def erase(
    buckets: Iterable[Bucket],
    subject: Subject,
    say: Callable[[str], None],
    settle: Callable[[], bool] = lambda: False,
) -> dict[str, int]:
    """Rows or objects that were taken out or blotted, by place. Raises `LeftError`.

    Passes go on until one finds nothing: what others wrote meanwhile is found, and every object that was rewritten is
    read back and searched. A content that was searched once is not read again. `settle` waits for those who may still
    write what they read before, and says whether there were any; then there is one more pass.

    Safe to kill and to repeat, beside any writers: each object is replaced only if it still is what was read.
    """
    buckets = list(buckets)
    searched: set[int] = set()
    found: Counter[str] = Counter()
    problems: list[str] = []
    mirror = Mirror()
    for number in range(1, PASSES + 1):
        taken = 0
        problems.clear()
        for turn in objects(buckets):
            new = [o for o in turn if o.identity not in searched]
            taken += _turn(new, subject, mirror, searched, found, problems, say)
        say(f"pass {number}: {taken} objects held the customer")
        if not taken and not settle():
            break
    else:
        problems = problems or ["others kept writing them; ask for the erasure again"]
    if problems:
        shown = "; ".join(problems[:_SHOWN])
        raise LeftError(f"objects still name the customer ({len(problems)}): {shown}")
    mirror.forget()
    return dict(sorted(found.items()))


def _turn(
    new: list[Object],
    subject: Subject,
    mirror: Mirror,
    searched: set[int],
    found: Counter[str],
    problems: list[str],
    say: Callable[[str], None],
) -> int:
    """Work through one turn's objects; how many held the customer and hold them no more."""
    taken = 0
    for number, done in enumerate(each(new, lambda o, scratch: _one(o, scratch, subject, mirror)), start=1):
        if done.problem:
            problems.append(f"{done.object_.uri} {done.problem}")
        elif done.clean:
            searched.add(done.object_.identity)
        elif done.change is not None:
            taken += 1
            found[_place(done.object_)] += (done.change.removed + done.change.redacted) or 1
        if number % 1000 == 0:
            say(f"{number} of {len(new)} objects searched")
    mirror.note_taken()
    return taken


def _place(object_: Object) -> str:
    place = place_of(object_.bucket.role, object_.version.key)
    return place if object_.version.latest else "old versions"


def _one(object_: Object, scratch: Path, subject: Subject, mirror: Mirror) -> _Done:
    bucket, version = object_.bucket, object_.version
    table = table_of(bucket.role, version.key)
    for attempt in range(_ATTEMPTS):
        source, target = scratch / f"source-{attempt}", scratch / f"target-{attempt}"
        tag = bucket.fetch(version, source)
        if tag is None:
            return _Done(object_)
        try:
            change = clean(source, target, version.key, subject, table)
        except UnreadableError as error:
            return _remove(object_) if not version.latest else _Done(object_, problem=str(error))
        if change is None:
            return _Done(object_, clean=tag == version.tag)
        if change.whole or not version.latest:
            bucket.remove(version)
            return _Done(object_, change)
        recount(bucket, version.key, change.left)
        try:
            new = bucket.replace(version.key, target, tag)
        except ConflictError:
            # Who writes a partition over and over is waited for; what they wrote is read again.
            time.sleep(min(1.0, 0.02 * 2**attempt))
            continue
        mirror.replaced(bucket, version.key, tag, new)
        return _Done(object_, change)
    return _Done(object_, problem=f"changed during each of {_ATTEMPTS} attempts")


def _remove(object_: Object) -> _Done:
    """An old version of a kind that nothing can be taken out of goes as a whole."""
    object_.bucket.remove(object_.version)
    return _Done(object_, Change(removed=1))
