"""Which addresses are of the public internet (the IANA special-purpose address registries, RFC 6890)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_NOT_TO_BE_CALLED = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "2001::/23",  # protocol assignments, Teredo among them
        "3fff::/20",  # documentation
    )
)
"""What `is_global` lets through in some versions of Python."""


def is_public(address: str) -> bool:
    """Whether an address leads out to the internet: not to this machine, its network, its cloud's services, or many
    at once. An IPv6 address that stands for an IPv4 one is judged as that."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = _inner(ip)
        if inner is None and ip not in _GLOBAL_UNICAST:
            return False
        ip = inner or ip
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_TO_BE_CALLED)


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """What an IPv4-mapped address (RFC 4291), one of 6to4 (RFC 3056) or of NAT64 (RFC 6052) stands for."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour
