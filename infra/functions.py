"""Every function in one place: what it is for, how much memory it gets, and how long it may run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """`name` is the folder below `functions/`. Memory in MB (CPU grows with it: a full core at 1,769), time in seconds."""

    name: str
    description: str
    memory_mb: int
    timeout_seconds: int


# API Gateway gives up after 29 s, so nothing behind it may take longer.
INGEST = FunctionSpec("ingest", "Takes events from the tracking routes to the lake and the counters", 1024, 20)
SCORES = FunctionSpec("scores", "Answers the score routes from the score table, an endpoint, or the baseline", 1024, 10)
OPENAPI = FunctionSpec("openapi", "Serves the OpenAPI document", 512, 10)

PLAN = FunctionSpec("plan", "Names the run and everything its jobs need", 512, 30)
CHECK_READINESS = FunctionSpec("check_readiness", "Reads the readiness verdict of a run", 512, 30)
JUDGE = FunctionSpec("judge", "Holds a candidate against its gates", 512, 30)
REGISTER = FunctionSpec("register", "Registers a candidate, approved or rejected, with its evaluation", 512, 60)
REHEARSE = FunctionSpec("rehearse", "Asks the candidate golden requests before any customer does", 512, 120)
PUBLISH_SCORES = FunctionSpec("publish_scores", "Writes one file of batch scores to the score table", 1024, 300)
RELEASE = FunctionSpec("release", "Moves a family's release pointer, or moves it back", 512, 30)

STEPS = (PLAN, CHECK_READINESS, JUDGE, REGISTER, REHEARSE, PUBLISH_SCORES, RELEASE)
