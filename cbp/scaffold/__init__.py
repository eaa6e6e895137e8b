"""``cbp plugins new``: writes the folder of a new plugin distribution.

What it holds is in ``templates/``, as files whose ``$names`` are filled in: those in ``any``, then in the folders of
the kind and of the tier. Nothing of the rest of cbp imports this.
"""
