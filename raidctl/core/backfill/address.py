"""Which addresses of the network are the public's: files are fetched from no other.

By what is public, not by what is private: whatever nobody thought of is left out. The standard
library's `is_global` is another in each version of Python, and takes tunnels for the public's.
Source: IANA's registries of special-purpose addresses for IPv4 and IPv6.
"""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

_PUBLIC_6 = IPv6Network("2000::/3")
_WORDS = {
    "an address of this very machine": ("0.0.0.0/8", "127.0.0.0/8", "::1/128", "::/128"),
    "a private address": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
    "a link-local address": ("169.254.0.0/16", "fe80::/10"),
    "an address inside a provider's network": ("100.64.0.0/10", "168.63.129.16/32"),
    "a multicast address": ("224.0.0.0/4", "ff00::/8"),
    "an IPv4 address in an IPv6 one": (
        *("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"),
        *("2002::/16", "2001::/32", "192.88.99.0/24"),
    ),
    "a reserved address": (
        *("192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("240.0.0.0/4", "2001::/23", "2001:db8::/32", "3fff::/20"),
    ),
}
_FORBIDDEN: list[tuple[IPv4Network | IPv6Network, str]] = [
    (ip_network(network), words) for words, networks in _WORDS.items() for network in networks
]


def why_not(address: str) -> str | None:
    """What an address is that is not the public's, in words; None for one that is.

    `address` as `getaddrinfo` tells it. Raises ValueError for what is none.
    """
    place = ip_address(address)
    for network, words in _FORBIDDEN:
        if place in network:
            return words
    if place.version == 6 and place not in _PUBLIC_6:
        return "a reserved address"
    return None
