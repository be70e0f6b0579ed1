"""State the program's version, once: the package, its artifacts and its manifests all tell this one."""

__version__ = "0.1.0"
