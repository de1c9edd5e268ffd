"""The subcommands of ``undelivered wordlist``, a module for each kind of work."""
