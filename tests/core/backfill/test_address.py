"""Files come from the public network alone: by what is public, in any spelling of the rest."""

import socket

import pytest

from raidctl.core.backfill.address import why_not

PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450::1"]
FORBIDDEN = {
    "an address of this very machine": ["127.0.0.1", "127.255.0.9", "0.0.0.0", "::1", "::"],
    "a private address": ["10.0.0.1", "172.31.255.255", "192.168.1.1", "fd00::1", "fec0::1"],
    "a link-local address": ["169.254.169.254", "fe80::1", "fe80::1%eth0"],
    "an address inside a provider's network": ["100.64.0.1", "100.100.100.200", "168.63.129.16"],
    "a multicast address": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "an IPv4 address in an IPv6 one": [
        *("::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "::127.0.0.1"),
        *("2002:a00:1::", "2001:0:4136:e378::", "192.88.99.1", "::ffff:0:127.0.0.1"),
    ],
    "a reserved address": [
        *("192.0.2.1", "198.18.0.1", "203.0.113.9", "240.0.0.1", "255.255.255.255", "192.0.0.8"),
        *("2001:db8::1", "2001:20::1", "3fff::1", "5f00::1", "100::1", "4000::1"),
    ],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_the_publics_addresses_are_asked(address: str) -> None:
    assert why_not(address) is None


@pytest.mark.parametrize(
    ("address", "words"), [(one, words) for words, all_of in FORBIDDEN.items() for one in all_of]
)
def test_no_other_is_and_what_it_is_is_said(address: str, words: str) -> None:
    assert why_not(address) == words


@pytest.mark.parametrize("spelled", ["2130706433", "0x7f.1", "017700000001", "127.1"])
def test_what_a_resolver_makes_of_odd_spellings_is_seen(spelled: str) -> None:
    (found, *_) = socket.getaddrinfo(spelled, 80, type=socket.SOCK_STREAM)
    assert why_not(str(found[4][0])) is not None


def test_what_is_no_address_is_none() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        why_not("localhost")
