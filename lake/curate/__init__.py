"""Raw events become tables: `curate(lake, raw_root)` takes in what is new and derives every table it concerns."""

from lake.curate.run import CurationReport, curate

__all__ = ["CurationReport", "curate"]
