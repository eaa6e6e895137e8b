"""The built-in activations and costs, registered through the same hooks as a plugin's."""
