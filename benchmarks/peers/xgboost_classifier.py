"""XGBoost's classifier as it comes: `python xgboost_classifier.py PANEL OUT SPEC`.

PANEL is Parquet with the features, `label`, and `asked`, true of the rows to predict; SPEC is JSON: `seed`. OUT gets
`predicted`, a probability for each asked row, in their order.
"""

import json
import sys
import time

import pandas as pd
import xgboost
from measuring import peak_mb


def main(panel: str, out: str, spec: str) -> None:
    """Read, learn, predict, write; print seconds and memory."""
    frame = pd.read_parquet(panel)
    asked = frame.pop("asked").to_numpy()
    label = frame.pop("label").to_numpy()
    started = time.perf_counter()
    model = xgboost.XGBClassifier(random_state=json.loads(spec)["seed"], n_jobs=1)
    model.fit(frame[~asked], label[~asked])
    predicted = model.predict_proba(frame[asked])[:, 1]
    seconds = time.perf_counter() - started
    pd.DataFrame({"predicted": predicted}).to_parquet(out, index=False)
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
