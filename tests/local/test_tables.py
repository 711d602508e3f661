"""Tables keep their promises to callers at once, and transactions undo themselves and nothing else."""

import threading
import time

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def table(cloud):
    dynamodb = cloud.client("dynamodb")
    dynamodb.create_table(
        TableName="probe-tables",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    yield dynamodb
    dynamodb.delete_table(TableName="probe-tables")


def key(pk):
    return {"pk": {"S": pk}, "sk": {"S": "x"}}


def put(pk, **condition):
    return {"Put": {"TableName": "probe-tables", "Item": key(pk) | {"n": {"N": "1"}}, **condition}}


def add(pk, number):
    return {
        "Update": {
            "TableName": "probe-tables",
            "Key": key(pk),
            "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": {"N": str(number)}},
        }
    }


def read(table, pk):
    return table.get_item(TableName="probe-tables", Key=key(pk), ConsistentRead=True).get("Item")


def together(call, number):
    threads = [threading.Thread(target=call, args=(i,)) for i in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_cancelled_transaction_leaves_everything_as_it_was(table):
    # GIVEN an item, and a transaction of which the last condition does not hold
    table.put_item(TableName="probe-tables", Item=put("there")["Put"]["Item"])
    actions = [add("there", 5), put("new"), put("there-too"), put("there", ConditionExpression="n = n")]
    actions[3] = {
        "ConditionCheck": {
            "TableName": "probe-tables",
            "Key": key("else"),
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    # WHEN it is carried out
    with pytest.raises(ClientError) as refused:
        table.transact_write_items(TransactItems=actions)
    # THEN it names the reason, and nothing of it is there
    assert [r["Code"] for r in refused.value.response["CancellationReasons"]] == ["None"] * 3 + [
        "ConditionalCheckFailed"
    ]
    assert read(table, "there")["n"] == {"N": "1"}
    assert read(table, "new") is None


def test_of_many_conditional_writes_at_once_one_succeeds(table):
    # GIVEN twenty callers that want the same new item
    won = []

    def claim(i):
        try:
            table.transact_write_items(TransactItems=[put("wanted", ConditionExpression="attribute_not_exists(pk)")])
            won.append(i)
        except ClientError:
            return

    # WHEN they write at the same time
    together(claim, 20)
    # THEN one has it
    assert len(won) == 1


def test_a_cancelled_transaction_does_not_undo_what_others_wrote(table):
    # GIVEN callers that add to an item while transactions on it are cancelled
    table.put_item(TableName="probe-tables", Item=put("counter")["Put"]["Item"])
    refused = [add("counter", 1000), put("counter-2", ConditionExpression="attribute_exists(pk)")]

    def write(i):
        if i % 2:
            table.update_item(**add("counter", 1)["Update"])
            return
        with pytest.raises(ClientError):
            table.transact_write_items(TransactItems=refused)

    # WHEN they do so at the same time
    together(write, 40)
    # THEN every addition is there, and nothing else
    assert read(table, "counter")["n"] == {"N": "21"}


def test_a_transaction_takes_no_longer_in_a_large_table(table):
    # GIVEN a table of ten thousand items
    for start in range(0, 10_000, 25):
        items = [{"PutRequest": {"Item": key(f"many-{i}")}} for i in range(start, start + 25)]
        table.batch_write_item(RequestItems={"probe-tables": items})
    # WHEN a transaction of fifty actions is carried out
    began = time.monotonic()
    table.transact_write_items(TransactItems=[put(f"more-{i}") for i in range(50)])
    # THEN it takes a moment, where copies of the table would take a minute
    assert time.monotonic() - began < 5
