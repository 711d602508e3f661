"""Takes in events as Segment's SDKs send them: validated one by one, to the lake through Firehose."""
