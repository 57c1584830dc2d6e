"""The tests mirror the package. This file keeps a `tests` package of somebody else from being found first."""
