"""Who is told when something goes wrong, and where to look: alarms, their topic, a failure rule, a dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import batched

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import naming
from infra.acknowledge import acknowledge
from infra.constructs.alarm import MINUTES_5, Alarms, Call
from infra.constructs.dead_letters import dead_letters
from infra.constructs.delivery_stream import BUFFER_SECONDS
from infra.constructs.function import Function
from infra.constructs.workflow import Workflow
from infra.settings import Settings
from infra.stacks import decision_metrics, letter_metrics, model_metrics, report_metrics
from infra.stacks.api import ApiStack
from infra.stacks.base import ShopStack
from infra.stacks.campaigns import CampaignsStack
from infra.stacks.data import DataStack
from infra.stacks.ingestion import IngestionStack
from infra.stacks.letters import CAMPAIGN, LettersStack
from infra.stacks.models import ModelsStack
from infra.stacks.monitor_workflow import MONITOR
from infra.stacks.privacy import PRIVACY, PrivacyStack
from infra.stacks.workflows import RETRAIN, WorkflowsStack

# Endings that somebody has to know of.
_FAILURES = ("Retrain Failed", "Retrain RolledBack", "Monitor Failed", "Campaign Failed", "Privacy Failed")


class MonitoringStack(ShopStack):
    """Every asynchronous piece has an alarm here."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        data: DataStack,
        ingestion: IngestionStack,
        models: ModelsStack,
        workflows: WorkflowsStack,
        letters: LettersStack,
        api: ApiStack,
        campaigns: CampaignsStack,
        privacy: PrivacyStack,
    ) -> None:
        super().__init__(scope, settings, "Monitoring", "Who is told when something goes wrong, and where to look")
        prefix = naming.prefix(settings.name)
        self.topic = sns.Topic(
            self,
            "Alarms",
            topic_name=naming.name(settings.name, "alarms"),
            master_key=data.key,  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
            enforce_ssl=True,
        )
        if settings.alarm_email:
            subscription = self.topic.add_subscription(
                subscriptions.EmailSubscription(settings.alarm_email)  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
            )
            acknowledge(
                subscription,
                "Mail to a person: SNS reports what it cannot deliver, and the alarm stays visible in CloudWatch.",
                "SNSRedrivePolicy",
            )
        self.undelivered = dead_letters(self, "Undelivered", name=naming.name(settings.name, "reports-dead"))
        self.alarms = Alarms(self, "Alarm", prefix=prefix, topic=self.topic)
        stacks = (ingestion, workflows, letters, api, campaigns, privacy)
        functions = [function for stack in stacks for function in stack.functions]
        machines = {
            RETRAIN: workflows.retrain,
            MONITOR: workflows.monitor,
            CAMPAIGN: campaigns.campaign,
            PRIVACY: privacy.privacy,
        }
        self._function_alarms(functions)
        self._delivery_alarms(ingestion)
        self._session_alarm()
        self._workflow_alarms(machines)
        self._queue_alarms(
            {
                "schedules": workflows.dead_letters,
                "reports": self.undelivered,
                "letter-events": letters.events.dead_letters,
                "campaign-schedules": letters.schedules.dead_letters,
                "watch": campaigns.dead_letters,
                "retention": privacy.dead_letters,
                "releases": workflows.release_dead_letters,
                "alerts": workflows.alert_dead_letters,
            }
        )
        letter_metrics.add_alarms(self.alarms, letters)
        self._api_alarms(api)
        take_back = self._take_back(workflows)
        model_metrics.add_alarms(self.alarms, models, call=take_back)
        decision_metrics.add_alarms(self.alarms, models, api.functions, call=take_back)
        report_metrics.add_alarms(self.alarms, models)
        self._report_failures(data)
        self._dashboard(prefix, functions, machines, ingestion, models, api, letters)
        self.output("AlarmTopic", self.topic.topic_arn, "Where alarms are sent")

    def _function_alarms(self, functions: list[Function]) -> None:
        for each in functions:
            name = each.spec.name.replace("_", "-")
            self.alarms.add(f"{name}-errors", each.function.metric_errors(period=MINUTES_5), f"{name} failed")
            self.alarms.add(
                f"{name}-throttles", each.function.metric_throttles(period=MINUTES_5), f"{name} was held back"
            )

    def _delivery_alarms(self, ingestion: IngestionStack) -> None:
        for stream in ingestion.streams:
            what = stream.name.removeprefix(naming.prefix(self.settings.name) + "-")
            self.alarms.add(
                f"{what}-freshness",
                _firehose(stream.name, "DeliveryToS3.DataFreshness", "Maximum"),
                f"The oldest record of {what} waits for S3 longer than five buffers",
                threshold=5 * BUFFER_SECONDS + 300,
                periods=2,
            )

    def _session_alarm(self) -> None:
        self.alarms.add(
            "latest-actions",
            _ingest("SessionFailures"),
            "What visitors do is not kept, so that answers do not know the running session; the lake has the events",
            threshold=5,
        )

    def _workflow_alarms(self, machines: Mapping[str, Workflow]) -> None:
        for name, workflow in machines.items():
            machine = workflow.machine
            for what, metric in (
                ("failed", machine.metric_failed(period=MINUTES_5)),
                ("timed-out", machine.metric_timed_out(period=MINUTES_5)),
                ("aborted", machine.metric_aborted(period=MINUTES_5)),
            ):
                self.alarms.add(f"{name}-{what}", metric, f"An execution of {workflow.name} {what.replace('-', ' ')}")

    def _queue_alarms(self, queues: Mapping[str, sqs.Queue]) -> None:
        for what, queue in queues.items():
            self.alarms.add(
                f"{what}-dead",
                queue.metric_approximate_number_of_messages_visible(period=MINUTES_5, statistic="Maximum"),
                f"Something of {what} could not be delivered; it waits in {queue.node.path}",
            )

    def _api_alarms(self, api: ApiStack) -> None:
        rest = api.rest.api
        self.alarms.add("api-5xx", rest.metric_server_error(period=MINUTES_5), "The API failed to answer", threshold=5)
        self.alarms.add(
            "api-latency",
            rest.metric_latency(period=MINUTES_5, statistic="p99"),
            "One answer in a hundred takes three seconds or more",
            threshold=3000,
            periods=3,
        )

    def _take_back(self, workflows: WorkflowsStack) -> Call:
        """Takes a challenger back as soon as an alarm of its endpoint is raised."""
        function = workflows.release.function
        lambda_.CfnPermission(
            self,
            "TakeBack",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="lambda.alarms.cloudwatch.amazonaws.com",
            source_account=self.account,
            source_arn=naming.arn(self, "cloudwatch", f"alarm:{naming.prefix(self.settings.name)}-*"),
        )
        return Call(function)

    def _report_failures(self, data: DataStack) -> None:
        rule = events.Rule(
            self,
            "FailureRule",
            rule_name=naming.name(self.settings.name, "failures"),
            description="Tells people which workflow failed or was rolled back, and why",
            event_bus=data.bus,
            event_pattern=events.EventPattern(source=["shopkeeper"], detail_type=list(_FAILURES)),
        )
        rule.add_target(
            targets.SnsTopic(  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
                self.topic,  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
                dead_letter_queue=self.undelivered,
                retry_attempts=20,
                max_event_age=cdk.Duration.hours(12),
            )
        )

    def _dashboard(
        self,
        prefix: str,
        functions: list[Function],
        machines: Mapping[str, Workflow],
        ingestion: IngestionStack,
        models: ModelsStack,
        api: ApiStack,
        letters: LettersStack,
    ) -> None:
        rest = api.rest.api
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=prefix, default_interval=cdk.Duration.days(1))
        graphs = {
            "API calls": [rest.metric_count(), rest.metric_client_error(), rest.metric_server_error()],
            "API latency": [rest.metric_latency(statistic=s) for s in ("p50", "p99")],
            "Function errors": [f.function.metric_errors() for f in functions],
            "Function duration p99": [f.function.metric_duration(statistic="p99") for f in functions],
            "Records to the lake": [_firehose(s.name, "DeliveryToS3.Records", "Sum") for s in ingestion.streams],
            "Events, and deliveries whose actions were not kept": [
                _ingest(name) for name in ("AcceptedEvents", "RejectedEvents", "SessionFailures")
            ],
            "Age of the oldest record": [
                _firehose(s.name, "DeliveryToS3.DataFreshness", "Maximum") for s in ingestion.streams
            ],
            **{
                f"Executions of {name}": [machine.metric_started(), machine.metric_succeeded(), machine.metric_failed()]
                for name, machine in ((name, workflow.machine) for name, workflow in machines.items())
            },
            "Answers, and those by the baseline": [
                cloudwatch.Metric(
                    namespace="Shopkeeper",
                    metric_name=name,
                    dimensions_map={"service": "scores"},
                    statistic="Sum",
                    period=MINUTES_5,
                )
                for name in ("Answers", "BaselineAnswers", "ModelFailures")
            ],
            **model_metrics.graphs(models),
            **decision_metrics.graphs(models),
            **report_metrics.graphs(models),
            **letter_metrics.graphs(letters),
        }
        widgets = [cloudwatch.GraphWidget(title=title, left=metrics, width=12) for title, metrics in graphs.items()]
        for pair in batched(widgets, 2):
            board.add_widgets(*pair)
        board.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=self.alarms.made, width=24))


def _ingest(name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="Shopkeeper",
        metric_name=name,
        dimensions_map={"service": "ingest"},
        statistic="Sum",
        period=MINUTES_5,
    )


def _firehose(stream: str, name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Firehose",
        metric_name=name,
        dimensions_map={"DeliveryStreamName": stream},
        statistic=statistic,
        period=MINUTES_5,
    )
