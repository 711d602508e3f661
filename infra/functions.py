"""Every function in one place: what it is for, its memory and time, and which settings it reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """`name` is the folder below `functions/`; `reads` names the environment variables that its code asks for.

    `lock` names the file of `locks/` with its wheels, `shares` the other folders of `functions/` that it imports.
    Memory in MB (CPU grows with it: a full core at 1,769), time in seconds.
    """

    name: str
    description: str
    memory_mb: int
    timeout_seconds: int
    reads: tuple[str, ...] = ()
    lock: str = "functions"
    shares: tuple[str, ...] = ()


_ASKING = ("SCORES_TABLE", "RELEASES_TABLE", "COUNTERS_TABLE", "ENDPOINT_PREFIX", "FAMILY_SETTINGS")
"""What `functions/common/asking_storage.py` reads to ask a family's model."""

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
    "Answers what the models say of customers and products, from the score table, an endpoint, or the baseline",
    1024,
    10,
    ("SCORES_TABLE", "RELEASES_TABLE", "COUNTERS_TABLE", "ENDPOINT_PREFIX", "FAMILY_SETTINGS"),
)
ASK = FunctionSpec(
    "ask",
    "Answers the questions of families with a route of their own, and keeps what was shown",
    1024,
    10,
    (*_ASKING, "EVENTS_STREAM"),
)
ASSESS = FunctionSpec(
    "assess",
    "Decides on payments, logins and sessions as they happen, by the released model and the shop's rules",
    1769,
    10,
    ("COUNTERS_TABLE", "SCORES_TABLE", "RELEASES_TABLE", "CAMPAIGNS_TABLE", "EVENTS_STREAM", "FAMILY_SETTINGS"),
    lock="conditions",
)
REVIEWS = FunctionSpec(
    "reviews",
    "Answers the review queue, and takes verdicts, which become labels",
    1024,
    20,
    ("COUNTERS_TABLE", "EVENTS_STREAM"),
)
RULES = FunctionSpec(
    "rules",
    "Answers the rule routes: saves versions, tries them on history, makes them live",
    1769,
    29,
    ("CAMPAIGNS_TABLE", "RELEASES_TABLE", "MODELS_BUCKET"),
    lock="conditions",
)
RANKINGS = FunctionSpec(
    "rankings",
    "Answers the lists over all answers of a family, in pages or as CSV",
    1024,
    20,
    ("RELEASES_TABLE", "MODELS_BUCKET"),
)
MONITORING = FunctionSpec("monitoring", "Answers the reports on families that are live", 512, 10, ("MODELS_BUCKET",))
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

PUBLISH_MONITORING = FunctionSpec(
    "publish_monitoring",
    "Keeps and measures the report on a live family, and has it learn anew on demand",
    512,
    60,
    ("MODELS_BUCKET", "RETRAIN_WORKFLOW"),
)
ANNOUNCE = FunctionSpec(
    "announce",
    "Puts the alerts of a released version on the bus",
    512,
    60,
    ("MODELS_BUCKET", "EVENT_BUS"),
)

# Campaigns. Those behind the API first.
CAMPAIGNS = FunctionSpec(
    "campaigns",
    "Answers the campaign, offer and coupon routes",
    1024,
    25,
    ("CAMPAIGNS_TABLE", "LETTERS_TABLE", "LAKE_BUCKET", "CAMPAIGN_WORKFLOW", "SCHEDULE_GROUP", "SCHEDULE_ROLE",
     "SCHEDULE_DEAD_LETTERS"),
    lock="conditions",
)  # fmt: skip
TEMPLATES = FunctionSpec(
    "templates",
    "Answers the template routes: saves, previews, and sends a test letter",
    1024,
    25,
    ("CAMPAIGNS_TABLE", "LAKE_BUCKET", "SHOP", "CONFIGURATION_SET", *_ASKING),
    lock="letters",
    shares=("letters",),
)
UNSUBSCRIBE = FunctionSpec(
    "unsubscribe",
    "Answers the links by which customers unsubscribe",
    512,
    15,
    ("LETTERS_TABLE", "EVENTS_STREAM", "TOKEN_SECRET", "SHOP"),
)
CUSTOMERS = FunctionSpec(
    "customers",
    "Takes requests to erase a customer or to tell what is held, and says how far they are",
    512,
    15,
    ("CAMPAIGNS_TABLE", "LAKE_BUCKET", "PRIVACY_WORKFLOW"),
)

CAMPAIGN_PLAN = FunctionSpec(
    "campaign_plan",
    "Fixes what a run of a campaign will do",
    512,
    30,
    ("CAMPAIGNS_TABLE", "RELEASES_TABLE", "LAKE_BUCKET", "MODELS_BUCKET", "SENDING"),
)
CAMPAIGN_CHECK = FunctionSpec(
    "campaign_check",
    "Reads what a job of a campaign found and says how to go on",
    512,
    30,
    ("CAMPAIGNS_TABLE", "LAKE_BUCKET"),
)
DELIVER = FunctionSpec(
    "deliver",
    "Sends the letters of one part, each at most once",
    1024,
    600,
    (
        "CAMPAIGNS_TABLE",
        "LETTERS_TABLE",
        "LAKE_BUCKET",
        "SHOP",
        "SENDING",
        "CONFIGURATION_SET",
        "TOKEN_SECRET",
        "API_URL",
        "EVENTS_STREAM",
        *_ASKING,
    ),
    lock="letters",
    shares=("letters",),
)
SETTLE = FunctionSpec(
    "settle",
    "Adds up what became of the parts and says whether to send on, wait, measure or stop",
    512,
    300,
    ("CAMPAIGNS_TABLE", "SENDING"),
)
INTERACTIONS = FunctionSpec(
    "interactions",
    "Takes what became of letters from the mail service to the ledger and the lake",
    512,
    60,
    ("LETTERS_TABLE", "EVENTS_STREAM"),
)
CAMPAIGN_WATCH = FunctionSpec(
    "campaign_watch", "Measures how long the oldest unsent part waits", 512, 60, ("CAMPAIGNS_TABLE",)
)
CAMPAIGN_STEPS = (CAMPAIGN_PLAN, CAMPAIGN_CHECK, DELIVER, SETTLE)

ERASE_TABLES = FunctionSpec(
    "erase_tables",
    "Erases a customer from the tables",
    512,
    120,
    ("CAMPAIGNS_TABLE", "LETTERS_TABLE", "COUNTERS_TABLE", "SCORES_TABLE", "SENDING"),
)
PRIVACY_DONE = FunctionSpec(
    "privacy_done", "Says that a privacy request is done, or why it failed", 512, 30, ("CAMPAIGNS_TABLE", "LAKE_BUCKET")
)
RETENTION = FunctionSpec("retention", "Removes what is older than its table's retention", 512, 600, ("LAKE_BUCKET",))
PRIVACY_STEPS = (ERASE_TABLES, PRIVACY_DONE)

STEPS = (PLAN, CHECK_READINESS, JUDGE, REGISTER, REHEARSE, PUBLISH_SCORES, RELEASE)
