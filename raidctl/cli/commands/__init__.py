"""One module a command: parse, call a run, print."""
