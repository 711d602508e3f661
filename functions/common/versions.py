"""The portable file of a version, out of its artifact (`model.tar.gz`), for functions that answer by it."""

from __future__ import annotations

import io
import tarfile
from typing import Any
from urllib.parse import urlparse

from commerce.assessments.portable import MOST_BYTES, PORTABLE, Portable, PortableError


def portable(s3: Any, artifact: str) -> Portable:
    """Read it. Raises `PortableError` where the artifact holds none that can be read, or botocore's errors."""
    place = urlparse(artifact)
    content = s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise PortableError(f"{artifact} has more than {MOST_BYTES:,} bytes")
    return Portable.of(unpacked(content, PORTABLE))


def unpacked(archive: bytes, name: str) -> bytes:
    """One file of a gzipped tar, in memory; of its size no more than is allowed is ever unpacked."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                if member.name.removeprefix("./") == name and member.isfile():
                    if member.size > MOST_BYTES:
                        raise PortableError(f"{name} has {member.size:,} bytes, more than {MOST_BYTES:,}")
                    file = tar.extractfile(member)
                    return file.read() if file else b""
    except (tarfile.TarError, EOFError, OSError) as error:
        raise PortableError(f"the artifact cannot be unpacked: {error}") from error
    raise PortableError(f"the artifact has no {name}: train the family again")
