"""What goes wrong in a way that a person can put right."""


class CampaignError(Exception):
    """A plan, an input or the data do not let the step be done. The message says what to do about it."""
