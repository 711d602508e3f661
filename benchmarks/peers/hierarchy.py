"""AutoETS of every node of a hierarchy, made coherent: `python hierarchy.py PANEL OUT SPEC`.

PANEL is Parquet with (*levels, period, y), the last level the single series; names of nodes are unique over all levels
and hold no slash.
SPEC is JSON: `levels`, `horizon`. OUT gets (node, step, and forecasts): `AutoETS` by itself, `bottom_up` its sums, and
`mint` its reconciliation with weights by structure (Wickramasuriya, Athanasopoulos and Hyndman, *Optimal forecast
reconciliation*, 2019).
"""

import json
import sys
import time

import pandas as pd
from hierarchicalforecast.core import HierarchicalReconciliation
from hierarchicalforecast.methods import BottomUpSparse, MinTraceSparse
from hierarchicalforecast.utils import aggregate
from statsforecast import StatsForecast
from statsforecast.models import AutoETS

BASE = "AutoETS"
NAMES = {f"{BASE}/BottomUpSparse": "bottom_up", f"{BASE}/MinTraceSparse_method-wls_struct": "mint"}


def main(panel: str, out: str, spec: str) -> None:
    """Read, forecast, reconcile, write; print the seconds that the libraries took."""
    asked = json.loads(spec)
    bottom = pd.read_parquet(panel).rename(columns={"period": "ds"})
    started = time.perf_counter()
    *above, _lowest = asked["levels"]
    series, summing, tags = aggregate(bottom, [*([level] for level in above), asked["levels"]], sparse_s=True)
    base = StatsForecast(models=[AutoETS(season_length=1)], freq=1, n_jobs=1).forecast(df=series, h=asked["horizon"])
    reconcilers = [BottomUpSparse(), MinTraceSparse(method="wls_struct")]
    found = HierarchicalReconciliation(reconcilers=reconcilers).reconcile(Y_hat_df=base, S_df=summing, tags=tags)
    seconds = time.perf_counter() - started
    columns = {BASE: found[BASE]} | {ours: found[theirs] for theirs, ours in NAMES.items()}
    steps = found["ds"] - bottom["ds"].max()
    # The library calls a single series by its whole path.
    nodes = found["unique_id"].str.rpartition("/")[2]
    pd.DataFrame({"node": nodes, "step": steps, **columns}).to_parquet(out, index=False)
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
