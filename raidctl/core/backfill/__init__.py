"""What is made where something is missing, as values: new issues, and what leads back from them."""
