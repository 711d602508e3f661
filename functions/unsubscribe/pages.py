"""The pages a customer sees: small, without scripts, cookies or anything from elsewhere. Pure."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Any

from commerce.campaigns.shop import Sender

_STYLE = """
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; min-height: 100vh; place-items: center; }
main { max-width: 32rem; padding: 2rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
button { font: inherit; padding: .75rem 1.5rem; border: 0; border-radius: .5rem; background: #1f4e79; color: #fff;
  cursor: pointer; }
button:focus-visible, a:focus-visible { outline: 3px solid #e08a00; outline-offset: 3px; }
footer { margin-top: 2rem; font-size: .875rem; }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    # The address of the page holds the token: it is told to nobody.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def question(sender: Sender) -> str:
    """Asks whether to unsubscribe. The form has no address of its own: it posts to where it is shown."""
    name = escape(sender.name)
    return _page(
        sender,
        f"Stop letters from {name}?",
        f"<p>You will get no more letters by e-mail from {name}.</p>"
        '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
        '<button type="submit">Unsubscribe</button></form>',
    )


def done(sender: Sender) -> str:
    """Says that it is done."""
    name = escape(sender.name)
    return _page(
        sender, "You are unsubscribed", f"<p>{name} will send you no more letters. You can close this page.</p>"
    )


def no_use(sender: Sender, *, expired: bool) -> str:
    """Says that the link did nothing, and what to do instead."""
    address = escape(sender.reply_to or sender.address)
    why = "This link has expired." if expired else "This link is not complete, or was changed on its way."
    return _page(
        sender,
        "Nothing was changed",
        f"<p>{why} Please use the link in the newest letter you have, or write to "
        f'<a href="mailto:{address}">{address}</a>, and we will see to it.</p>',
    )


def trouble(sender: Sender) -> str:
    """Says that it could not be done now."""
    return _page(
        sender, "That did not work", "<p>Something went wrong on our side. Please try again in a few minutes.</p>"
    )


def answer(status: int, page: str) -> dict[str, Any]:
    """As API Gateway takes it."""
    return {"statusCode": status, "headers": dict(HEADERS), "body": page, "isBase64Encoded": False}


def _page(sender: Sender, title: str, body: str) -> str:
    """`title` and `body` are HTML already."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{body}"
        f"<footer>{escape(sender.name)}, {escape(sender.postal_address)}</footer></main></body></html>"
    )
