"""A template, the template routes asked as API Gateway does, and a campaign's preview to look at."""

from __future__ import annotations

import json

from commerce.campaigns.audience import Member
from commerce.campaigns.template import TemplateVersion
from functions.templates.handler import handler
from tests.functions.support import LAKE

MJML = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Hello {{ customer.first_name | default: "you" }}</mj-text>
<mj-raw>{% if offer %}</mj-raw><mj-text>{{ offer.title }} {{ offer.code }}</mj-text><mj-raw>{% endif %}</mj-raw>
<mj-raw>{% for reason in scores.churn.reasons %}</mj-raw><mj-text>{{ reason }}</mj-text><mj-raw>{% endfor %}</mj-raw>
<mj-text>{{ shop.postal_address }} <a href="{{ links.unsubscribe }}">Unsubscribe</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"""
NEW = {"name": "Win-back", "subject": "From {{ shop.name }}", "mjml": MJML, "author": "Robin", "comment": "first"}


def call(context, method, path, body=None, **query):
    """Status and body of a route, asked as API Gateway does."""
    parts = path.removeprefix("/v1/").split("/")
    event = {
        "httpMethod": method,
        "resource": "/v1/" + "/".join(["templates", "{id}", *parts[2:]] if len(parts) > 1 else parts),
        "pathParameters": {"id": parts[1]} if len(parts) > 1 else None,
        "queryStringParameters": query or None,
        "body": None if body is None else body if isinstance(body, str) else json.dumps(body),
    }
    answer = handler(event, context)
    return answer["statusCode"], json.loads(answer["body"])


def save(context, id_="win-back", **changes):
    status, body = call(context, "PUT", f"/v1/templates/{id_}", NEW | changes)
    assert status == 200, body
    return TemplateVersion.model_validate(body)


def put_sample(account, *customers, campaign="win-back"):
    """What the audience job of a preview writes to look at."""
    lines = [
        Member(
            customer_id=customer,
            arm="letter",
            email=f"{customer}@x.example",
            traits={"first_name": customer.title()},
            scores={"churn": {"probability": 0.9, "reasons": [{"text": f"why {customer}", "contribution": 0.1}]}},
        ).model_dump_json()
        for customer in customers
    ]
    key = f"letters/{campaign}/preview/members/sample.jsonl"
    account.s3.put_object(Bucket=LAKE, Key=key, Body="\n".join([*lines, ""]).encode())
