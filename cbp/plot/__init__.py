"""Pictures of networks, of what they learned and of how: matplotlib draws them, and is imported when one is drawn.

Every function takes ``ax=`` to draw into, makes a figure of its own where there is none, shows nothing by itself, and
returns the axes it drew into: an `Axes`, or an array of them where the picture has several panels. What a picture says
may be changed afterwards as usual (``ax.set(title=...)``) and saved with ``ax.figure.savefig("picture.png")``.

Needs matplotlib >= 3.9, which ``pip install cbp[plot]`` brings.
"""

from .boundary import decision_boundary
from .confusion import confusion_matrix
from .curves import learning_curves
from .finder import lr_finder
from .flatness import Flatness, flatness
from .histograms import activation_histograms, gradient_histograms
from .images import weight_images
from .layer import layer_schematic
from .schematic import schematic

__all__ = [
    "Flatness",
    "activation_histograms",
    "confusion_matrix",
    "decision_boundary",
    "flatness",
    "gradient_histograms",
    "layer_schematic",
    "learning_curves",
    "lr_finder",
    "schematic",
    "weight_images",
]
