"""One file per command of `./surehold`; see `cli.COMMANDS`."""
