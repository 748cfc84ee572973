"""One self-contained page: nothing is fetched for it, and nothing of the data is obeyed in it."""
