"""Every function in one place: what it is for, its memory and time, and which settings it reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """`name` is the folder below `functions/`; `reads` names the environment variables that its code asks for.

    Memory in MB (CPU grows with it: a full core at 1,769), time in seconds.
    """

    name: str
    description: str
    memory_mb: int
    timeout_seconds: int
    reads: tuple[str, ...] = ()


# API Gateway gives up after 29 s, so nothing behind it may take longer.
INGEST = FunctionSpec(
    "ingest",
    "Takes events from the tracking routes to the lake and the counters",
    1024,
    20,
    ("KEYS_TABLE", "COUNTERS_TABLE", "EVENTS_STREAM", "REJECTED_STREAM"),
)
SCORES = FunctionSpec(
    "scores",
    "Answers the score routes from the score table, an endpoint, or the baseline",
    1024,
    10,
    ("SCORES_TABLE", "RELEASES_TABLE", "COUNTERS_TABLE", "ENDPOINT_PREFIX", "FAMILY_SETTINGS"),
)
OPENAPI = FunctionSpec("openapi", "Serves the OpenAPI document", 512, 10)

PLAN = FunctionSpec(
    "plan",
    "Names the run and everything its jobs need",
    512,
    30,
    ("RELEASES_TABLE", "LAKE_BUCKET", "MODELS_BUCKET", "ENGINE", "CANARY", "FAMILY_SETTINGS", "FAMILY_RESOURCES"),
)
CHECK_READINESS = FunctionSpec("check_readiness", "Reads the readiness verdict of a run", 512, 30, ("MODELS_BUCKET",))
JUDGE = FunctionSpec("judge", "Holds a candidate against its gates", 512, 30, ("MODELS_BUCKET",))
REGISTER = FunctionSpec(
    "register",
    "Registers a candidate, approved or rejected, with its evaluation",
    512,
    60,
    ("MODEL_IMAGE", "MODEL_PACKAGE_GROUP_PREFIX"),
)
REHEARSE = FunctionSpec(
    "rehearse",
    "Asks the candidate golden requests before any customer does",
    512,
    240,
    ("MODELS_BUCKET", "SCORES_TABLE", "ENDPOINT_PREFIX"),
)
PUBLISH_SCORES = FunctionSpec(
    "publish_scores",
    "Writes one file of batch scores to the score table",
    1024,
    300,
    ("MODELS_BUCKET", "SCORES_TABLE"),
)
RELEASE = FunctionSpec(
    "release",
    "Moves a family's release pointer, or moves it back",
    512,
    30,
    ("RELEASES_TABLE", "ENDPOINT_PREFIX", "MODEL_PACKAGE_GROUP_PREFIX"),
)

STEPS = (PLAN, CHECK_READINESS, JUDGE, REGISTER, REHEARSE, PUBLISH_SCORES, RELEASE)
