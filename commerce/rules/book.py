"""Rules as they are saved and read. What they say is checked and asked in `commerce.rules.ruling`, which needs CEL."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from commerce.assessments.policy import Outcome

MOST_RULES = 200
MOST_BYTES = 150_000
"""Of a book's rules as JSON: a version, and the copy that is live, are one item of a table that takes 400 KB."""
MOST_CHARACTERS = 2000
"""Of a condition: what `commerce.conditions` takes."""


class Rule(BaseModel):
    """When `when` holds of an event, the rule fires: its outcome is asked for, with its reason."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")] = Field(
        description="2 to 40 lower-case letters, digits and -"
    )
    when: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)] = Field(
        description="condition in CEL over `event`, its fields, `past`, the model's inputs, and, where the family's "
        "spec has it, what another family says of the customer, such as `account`"
    )
    outcome: Outcome
    reason: Annotated[str, Field(min_length=1, max_length=300)] = Field(description="why, in words")
    enabled: bool = True
    priority: Annotated[int, Field(ge=-1000, le=1000)] = Field(
        default=0, description="a rule that approves overrules those of lower priority"
    )


class NewRules(BaseModel):
    """Body of `PUT /v1/rules/{family}`: saves a new version, which is not live yet."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    rules: Annotated[list[Rule], Field(max_length=MOST_RULES)]
    author: Annotated[str, Field(min_length=1, max_length=100)]
    comment: Annotated[str, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if twice := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
            raise ValueError(f"rules have the same id: {', '.join(twice)}")
        size = len(self.model_dump_json().encode())
        if size > MOST_BYTES:
            raise ValueError(f"the rules have {size} bytes together, more than {MOST_BYTES}")
        return self


class Trial(BaseModel):
    """That a version was simulated: on which run's history, and on how many of its events."""

    model_config = ConfigDict(defer_build=True)

    at: AwareDatetime
    run: str | None = Field(default=None, description="null where no version of the model is released yet")
    events: int


class RuleSummary(BaseModel):
    """A version without its rules."""

    model_config = ConfigDict(defer_build=True)

    family: str
    version: int
    author: str
    comment: str = ""
    created_at: AwareDatetime
    trial: Trial | None = Field(default=None, description="null until it is simulated; it cannot go live before")


class RuleBook(RuleSummary):
    """One saved version."""

    rules: list[Rule]


class LiveRules(BaseModel):
    """The version that decides, and since when."""

    model_config = ConfigDict(defer_build=True)

    since: AwareDatetime
    book: RuleBook


class RulesAnswer(BaseModel):
    """Answer of `GET /v1/rules/{family}`."""

    family: str
    live: LiveRules | None = Field(default=None, description="null while none is live")
    drafts: list[RuleBook] = Field(description="versions saved after the live one, the newest first, five at most")


class RuleVersions(BaseModel):
    """Answer of `GET /v1/rules/{family}/versions`: the newest first."""

    versions: list[RuleSummary]


class VersionAsked(BaseModel):
    """Body of `POST /v1/rules/{family}/simulate` and of `…/activate`."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    version: Annotated[int, Field(ge=1, le=99_999)]
