"""Watches how long letters that could be sent wait, so that an alarm is raised where a campaign stands still."""
