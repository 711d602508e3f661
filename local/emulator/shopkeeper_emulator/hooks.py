"""Applies every extension to LocalEmu before it serves its first request."""

from shopkeeper_emulator import lean_start


def install() -> None:
    """Patch LocalEmu; called once, before its runtime is created. Starting lean comes before any other import."""
    lean_start.install()

    from shopkeeper_emulator import (
        alarms,
        api_gateway,
        firehose,
        loopback,
        queue_metrics,
        scheduler,
        step_functions,
        tables,
    )
    from shopkeeper_emulator.functions import logs
    from shopkeeper_emulator.iam import enforcement
    from shopkeeper_emulator.mail import service as mail
    from shopkeeper_emulator.resources import bucket_encryption, registration

    enforcement.install()
    logs.install()
    step_functions.install()
    firehose.install()
    loopback.install()
    scheduler.install()
    registration.install()
    bucket_encryption.install()
    alarms.install()
    api_gateway.install()
    mail.install()
    tables.install()
    queue_metrics.install()
