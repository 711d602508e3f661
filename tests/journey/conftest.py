"""One local cloud for the whole session, with a small shop's history in its lake."""

import pytest

from tests.journey import addresses, campaigning, history, project

AS_OF = campaigning.AS_OF


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    running = project.start(tmp_path_factory.mktemp("journey"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def loaded(shop):
    """The shop after its history was written into the lake."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in shop.environ.items():
            patched.setenv(name, value)
        from lake import Lake

        lake = Lake.open(f"s3://{shop.outputs['LakeBucket']}/lake", cache=shop.state / "cache")
        orders, lines = history.orders_and_lines()
        lake.write("orders", orders)
        lake.write("order_lines", lines)
        lake.write("customers", addresses.rows())
        lake.write("products", history.products())
    return shop


@pytest.fixture(scope="session")
def trained(loaded):
    """The shop after churn was trained and released once, through the workflow."""
    result = loaded.shopkeeper("retrain", "churn", "--as-of", AS_OF.isoformat())
    assert result.returncode == 0, result.stdout + result.stderr
    return loaded


@pytest.fixture(scope="session")
def recommending(loaded):
    """The shop after recommendations were trained and released, through the workflow and its canary."""
    asked = ("-p", "horizon_days=28", "-p", "dates=2")
    result = loaded.shopkeeper("retrain", "recommendations", "--as-of", AS_OF.isoformat(), *asked)
    assert result.returncode == 0, result.stdout + result.stderr
    return loaded


@pytest.fixture(scope="session")
def campaign(trained, recommending, tmp_path_factory):
    """(shop, preview, result): the shop after a campaign was created, previewed, started and measured.

    Its letters recommend products.
    """
    preview, result = campaigning.run(trained, tmp_path_factory.mktemp("campaign"))
    return trained, preview, result
