"""What comes next in a running session, also for visitors nobody knows: only the session's own events are used."""
