"""`python -m functions.openapi.generate [FILE]` writes the document to docs/openapi.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from functions.openapi.document import build

DEFAULT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def text() -> str:
    """The document as it is committed."""
    return json.dumps(build(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text(), encoding="utf-8")
