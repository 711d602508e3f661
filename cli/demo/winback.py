"""The win-back campaign of cli/examples, to households at risk, replayed on the weeks that really followed."""

from __future__ import annotations

import io
import itertools
import time
from datetime import UTC, date, datetime
from datetime import time as clock
from pathlib import Path

import pyarrow.parquet as pq

from cli import definitions, mailbox
from cli.api import campaigns, offers, templates
from cli.campaigns import following, showing
from cli.console import Exit, done, err, fail, progress
from cli.demo import contacts, replies
from cli.demo.response import ResponseModel, Truth
from cli.demo.response import replies as simulated
from cli.demo.response import truth as true_effect
from cli.environment import Environment, outbox_url
from cli.mailbox import Mail
from cli.report.model import CampaignReport
from cli.starters import starters
from commerce.campaigns.campaign import HOLDOUT, NewCampaign
from commerce.campaigns.lifecycle import Campaign
from commerce.campaigns.places import ASSIGNMENT, RunPlaces, run_name
from lake import Lake

EXAMPLES = Path(__file__).parents[1] / "examples"
AUTHOR = "shopkeeper demo"
LOOKS = 1
"""Each look waits for events to arrive; in a replay all of them are due at once."""
IN_TIME_SECONDS = 40
"""The laptop cloud measures 45 seconds after the last letter (infra/environments/local.toml)."""


def definition() -> NewCampaign:
    """The example, measured once."""
    example = definitions.campaign(EXAMPLES / "win-back.toml")
    return example.model_copy(update={"author": AUTHOR, "looks": LOOKS})


def run(environment: Environment, lake: Lake, wanted: NewCampaign, as_of: date) -> CampaignReport:
    """Preview, send, simulate the replies, and wait for the measurement."""
    started = time.monotonic()
    wanted = wanted.model_copy(update={"id": _free_id(environment, wanted.id), "as_of": as_of})
    _prepare(environment, lake, as_of)
    campaigns.create(environment, wanted)
    preview = following.preview(environment, wanted.id)
    showing.funnel(preview)
    if not preview.eligible:
        fail(f"campaign {wanted.id} finds nobody to write to", Exit.NOT_READY)
    campaigns.act(environment, wanted.id, "start")
    _unless_over(following.follow(environment, wanted.id, lambda c: c.status == "measuring"), "measuring")
    model = ResponseModel()
    truth, mails = _simulate(environment, lake, wanted, as_of, model)
    ended = following.follow(environment, wanted.id)
    _unless_over(ended, "finished")
    result = campaigns.results(environment, wanted.id).result
    done(f"campaign {wanted.id}: {result.verdict}")
    shown = mailbox.mail(outbox_url(), mails[0].id)
    return CampaignReport(
        campaign=ended,
        preview=preview,
        outbox=len(mails),
        letter=shown,
        model=model,
        truth=truth,
        result=result,
        seconds=time.monotonic() - started,
    )


def _free_id(environment: Environment, id_: str) -> str:
    """The id, with a number where the demo ran before: the lot, and so the report, is the same in every new cloud."""
    taken = {campaign.id for campaign in campaigns.listed(environment)}
    numbered = (f"{id_}-{number}" for number in itertools.count(2))
    return next(name for name in itertools.chain([id_], numbered) if name not in taken)


def _prepare(environment: Environment, lake: Lake, as_of: date) -> None:
    """Addresses, template and offer."""
    households = contacts.make_up(lake, as_of)
    done(f"{households:,} households got a made-up address and consent: the data has neither")
    id_, offer = definitions.offer(EXAMPLES / "five-off.toml")
    offers.put(environment, id_, offer)
    for starter in starters():
        templates.save(environment, starter.id, starter.template(AUTHOR))
    done(f"{len(starters())} templates and the offer {id_} are pushed")


def _simulate(
    environment: Environment, lake: Lake, wanted: NewCampaign, as_of: date, model: ResponseModel
) -> tuple[Truth, list[Mail]]:
    """Write what the model says into lake and outbox, before the measurement begins; the truth, and the mails sent."""
    began = time.monotonic()
    with progress() as bar:
        bar.add_task("simulating replies", total=None)
        sent = [m for m in mailbox.mails(outbox_url(), bodies=False) if m.tags.get("campaign") == wanted.id]
        by_household = {contacts.customer(mail.to): mail for mail in sent}
        treated = _treated(environment, wanted.id)
        past = replies.past(lake, treated, as_of, wanted.attribution_days)
        starts = datetime.combine(as_of, clock(), UTC)
        written_to = {customer: past.baskets[customer] for customer in by_household}
        given = simulated(model, written_to, starts, wanted.attribution_days)
        extra = replies.write_orders(lake, wanted.id, given, as_of)
        mailbox.react(outbox_url(), replies.reactions(given, by_household, "https://shop.example"))
    seconds = time.monotonic() - began
    opened = sum(reply.opened for reply in given)
    done(f"simulated in {seconds:.0f} s: {len(sent):,} letters, {opened:,} opened, {extra:,} extra orders")
    if seconds > IN_TIME_SECONDS:
        err.print("[yellow]![/yellow] the measurement may have begun before the replies were there", highlight=False)
    return true_effect(given, treated, past.ordered_in_window, past.amounts), sent


def _treated(environment: Environment, campaign_id: str) -> list[str]:
    """Households allocated to a letter, whether it was sent or not."""
    key = RunPlaces(campaign_id, run_name(1)).key("allocation", ASSIGNMENT)
    body = environment.client("s3").get_object(Bucket=environment.output("LakeBucket"), Key=key)["Body"].read()
    rows = pq.read_table(io.BytesIO(body), columns=["customer_id", "arm"]).to_pylist()
    return [row["customer_id"] for row in rows if row["arm"] != HOLDOUT]


def _unless_over(campaign: Campaign, wanted: str) -> None:
    if campaign.status != wanted:
        fail(f"campaign {campaign.id} is {campaign.status}: {campaign.reason}")
