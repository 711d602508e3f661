"""Time that passes between the passes over a part."""

from datetime import datetime, timedelta


class Later:
    """The clock of `datetime.now` in the modules that ask it, moved on."""

    def __init__(self, monkeypatch):
        self.monkeypatch, self.by = monkeypatch, timedelta()

    def on(self, **by):
        self.by += timedelta(**by)
        moved = self.by

        class Moved(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) + moved

        for module in ("functions.deliver.handler", "tests.functions.delivering"):
            self.monkeypatch.setattr(f"{module}.datetime", Moved)


def until_done(campaign, later, rounds=8):
    """Deliver as the workflow does: events come in, time passes, and the part is delivered again."""
    states = []
    for _ in range(rounds):
        campaign.tell()
        states.append(campaign.deliver())
        if states[-1] == "done":
            break
        later.on(minutes=16)
    return states
