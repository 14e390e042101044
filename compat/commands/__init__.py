"""The commands of `compat`, one a module; `cli` gathers them."""
