"""What is remembered: key, buckets, tables, catalog, and the bus on which workflows report their endings."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from commerce.privacy import EXPORT_DAYS
from infra import naming
from infra.constructs.catalog import Catalog
from infra.constructs.storage import bucket, removal, table
from infra.settings import Settings
from infra.stacks.base import ShopStack


class DataStack(ShopStack):
    """Everything that outlives a deployment."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, settings, "Data", "What the shop remembers: lake, models, tables, catalog")
        env, retention = settings.name, settings.retention
        self.key = kms.Key(
            self,
            "Key",
            alias=naming.prefix(env),
            description=f"Protects the data of {naming.prefix(env)}",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(7),
            removal_policy=removal(retention),
        )
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="ServicesReachEncryptedTopics",
                principals=[  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
                    iam.ServicePrincipal("cloudwatch.amazonaws.com"),
                    iam.ServicePrincipal("events.amazonaws.com"),
                    iam.ServicePrincipal("ses.amazonaws.com"),
                ],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )

        access_logs = bucket(
            self,
            "AccessLogs",
            name=naming.bucket(self, env, "logs"),
            retention=retention,
            key=None,
            expire={"": retention.access_log_days},
        )
        self.lake = bucket(
            self,
            "Lake",
            name=naming.bucket(self, env, "lake"),
            retention=retention,
            key=self.key,
            expire={
                "raw/": retention.raw_days,
                "rejected/": retention.raw_days,
                "letters/": retention.letters_days,
                "exports/": EXPORT_DAYS,
                "athena/": 7,
            },
            logs=access_logs,
        )
        # Other stacks write these into policies: by name, for a reviewer to read, rather than as an import of a token.
        self.lake_arn = naming.bucket_arn(self, env, "lake")
        self.models_arn = naming.bucket_arn(self, env, "models")
        self.models = bucket(
            self,
            "Models",
            name=naming.bucket(self, env, "models"),
            retention=retention,
            key=self.key,
            expire={"runs/": retention.runs_days, "monitoring/": retention.runs_days},
            logs=access_logs,
        )

        def keep(id_: str, sort_key: str | None = None):
            name = naming.name(env, id_.lower())
            return table(self, id_, name=name, retention=retention, key=self.key, sort_key=sort_key)

        self.keys = keep("Keys")
        self.counters = keep("Counters", "sk")
        self.scores = keep("Scores", "sk")
        self.releases = keep("Releases")
        self.campaigns = keep("Campaigns", "sk")
        self.letters = keep("Letters", "sk")
        self.catalog = Catalog(self, "Catalog", name=naming.prefix(env), lake=self.lake, key=self.key)
        self.bus = events.EventBus(self, "Bus", event_bus_name=naming.prefix(env))

        self.output("LakeBucket", self.lake.bucket_name, "Events, tables and Athena results")
        self.output("ModelsBucket", self.models.bucket_name, "Training runs and their models")
        self.output("KeysTable", self.keys.table_name, "Write keys, hashed")
        self.output("CountersTable", self.counters.table_name, "Running state per customer")
        self.output("ScoresTable", self.scores.table_name, "Batch scores per version")
        self.output("ReleasesTable", self.releases.table_name, "What is live, per family")
        self.output("CampaignsTable", self.campaigns.table_name, "Campaigns, templates, offers, privacy requests")
        self.output("LettersTable", self.letters.table_name, "Who got which letter, coupons, budgets, suppression")
        self.output("EventBus", self.bus.event_bus_name, "One event for every ending of a workflow")
        self.output("AthenaWorkGroup", self.catalog.work_group.name, "For questions to the lake")
