"""Events: where to look, as either system tells it; never what is true."""
