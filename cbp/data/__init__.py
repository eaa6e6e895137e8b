"""Reading data: built-in sets, CSV, NumPy files and IDX images, split and scaled for training."""

from cbp.data.dataset import Dataset, Task
from cbp.data.errors import DataError, DataNotFoundError
from cbp.data.idx import read_idx
from cbp.data.in_file import InFile
from cbp.data.loading import from_arrays, load, load_features, names
from cbp.data.scaling import Scaling

__all__ = [
    "DataError",
    "DataNotFoundError",
    "Dataset",
    "InFile",
    "Scaling",
    "Task",
    "from_arrays",
    "load",
    "load_features",
    "names",
    "read_idx",
]
