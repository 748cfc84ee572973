"""The command line: parse, call a run, print, answer with an exit code."""
