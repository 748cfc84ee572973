"""Impact, as FireFighter serves it: REST, its webhook, its database."""
