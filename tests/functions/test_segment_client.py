"""Segment's own Python client, unchanged, against the real handler."""

import pytest
from segment.analytics.client import Client

from tests.functions.http_server import serving
from tests.functions.support import WRITE_KEY


@pytest.fixture
def server(account):
    with serving() as running:
        yield running


@pytest.mark.parametrize("gzip", [False, True])
@pytest.mark.parametrize("sync_mode", [False, True])
def test_segments_client_delivers_every_kind_of_message(account, server, gzip, sync_mode):
    # GIVEN Segment's client, pointed at this API and nothing else changed
    address, calls = server
    failures = []
    client = Client(
        WRITE_KEY, host=address, gzip=gzip, sync_mode=sync_mode, on_error=lambda *e: failures.append(e), max_retries=1
    )
    # WHEN it sends one of each kind
    client.identify("c-1", {"plan": "gold"})
    client.track("c-1", "Order Completed", {"order_id": "o-1", "products": [{"product_id": "p-1", "price": 2.5}]})
    client.page("c-1", "shop", "Home")
    client.screen("c-1", "app", "Start")
    client.group("c-1", "g-1")
    client.alias("c-1", "c-2")
    client.flush()
    client.join() if not sync_mode else None
    # THEN all are in the lake, and every call was accepted
    assert failures == []
    assert {status for _, _, status in calls} == {200}
    kinds = sorted(row["type"] for row in account.lines("events"))
    assert kinds == ["alias", "group", "identify", "page", "screen", "track"]


def test_a_wrong_write_key_reaches_the_clients_error_handler(account, server):
    # GIVEN a client with a key that nobody gave out
    address, _ = server
    failures = []
    client = Client("wrong", host=address, on_error=lambda error, items: failures.append(error.status))
    # WHEN it sends an event
    client.track("c-1", "Hello")
    client.flush()
    client.join()
    # THEN its owner learns that it was refused, and the client did not keep trying
    assert failures == [401]
