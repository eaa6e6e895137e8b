"""Callbacks: what else happens while a network trains.

``net.fit(..., callbacks=[cbp.callbacks.EarlyStopping(), cbp.callbacks.CSVLog("run.csv")])`` calls their hooks in
this order. Own ones derive from `Callback`, or are any objects with some of its methods.
"""

from .callback import Callback
from .checkpoint import Checkpoint
from .csv_log import CSVLog
from .early_stopping import EarlyStopping
from .live_plot import LivePlot
from .not_finite import TerminateOnNonFinite
from .tensorboard import TensorBoard
from .time_budget import TimeBudget

__all__ = [
    "CSVLog", "Callback", "Checkpoint", "EarlyStopping", "LivePlot", "TensorBoard", "TerminateOnNonFinite",
    "TimeBudget",
]  # fmt: skip
