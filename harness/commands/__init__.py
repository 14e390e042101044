"""The subcommands of `harness`, one module each; every module exposes one click command called `command`."""
