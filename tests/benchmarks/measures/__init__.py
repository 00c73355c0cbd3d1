"""The measures: each module has a `measure` that takes a size and a folder and returns figures."""
