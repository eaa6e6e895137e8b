"""The history as a pandas DataFrame."""

from __future__ import annotations

import numpy as np
import pandas as pd

import cbp


def test_the_history_becomes_a_data_frame_with_a_row_for_each_epoch() -> None:
    X = np.random.default_rng(1).normal(size=(40, 3))
    history = cbp.Network([3, 4, 1]).fit(X, X[:, 0], epochs=3, validation=0.2)
    expected = pd.DataFrame(dict(history), index=pd.RangeIndex(1, 4, name="epoch"))
    pd.testing.assert_frame_equal(history.to_pandas(), expected)
    assert list(expected.columns) == ["cost", "seconds", "validation_cost"]
