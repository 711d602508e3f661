"""The batch form of streaming features: `commerce.streams` declarations compiled to Ibis, point in time."""
