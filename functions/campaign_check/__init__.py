"""What a job of a campaign found, or why the run failed: stored on the campaign, with how to go on."""
