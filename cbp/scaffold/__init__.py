"""``cbp plugins new``: writes the folder of a new plugin distribution.

What it holds is in ``templates/``, as files whose ``$names`` are filled in: those in ``any``, then in the folders of
the kind and of the tier. Nothing of the rest of cbp imports this.
"""

from .folder import write
from .naming import Names
from .plan import KINDS, LICENCES, TIERS, Plan
from .rendering import contents

__all__ = ["KINDS", "LICENCES", "TIERS", "Names", "Plan", "contents", "write"]
