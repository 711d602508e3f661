"""The starter templates of the checkout, with which a shop begins."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from commerce.campaigns.template import NewTemplate

FOLDER = Path(__file__).parents[1] / "functions" / "letters" / "starters"
"""Read as files: the command imports nothing of the functions."""


class Starter(BaseModel):
    """An item of `index.json`; `file` lies beside it."""

    id: str
    name: str
    subject: str
    file: str

    def template(self, author: str) -> NewTemplate:
        """What is pushed."""
        mjml = (FOLDER / self.file).read_text("utf-8")
        return NewTemplate(name=self.name, subject=self.subject, mjml=mjml, author=author, comment="starter")


def starters() -> list[Starter]:
    """All of them."""
    return TypeAdapter(list[Starter]).validate_json((FOLDER / "index.json").read_bytes())
