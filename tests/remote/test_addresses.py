"""Which addresses may be asked: dangerous ones in every range, and the nearest harmless ones beside them."""

from ipaddress import ip_network

import pytest

from app.remote.addresses import AddressGuard

DANGEROUS = [
    *("0.0.0.0", "0.0.0.1", "0.255.255.255"),
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"),
    *("100.64.0.1", "100.100.100.200", "100.127.255.255"),
    *("127.0.0.1", "127.0.0.2", "127.255.255.254"),
    *("168.63.129.16", "169.254.169.254", "169.254.170.2", "169.254.0.1"),
    *("192.0.0.1", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1"),
    *("198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.254", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "100:0:0:1::1"),
    *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff::1"),
    *("2001:db8::1", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "3fff::1", "3fff:fff::1"),
    *("2a00:1450:4001:80b:0:5efe:7f00:1", "2a00:1450:4001:80b:200:5efe:a00:1", "2a00:1450:4001:80b:300:5efe:a00:1"),
    *("5f00::1", "4000::1", "1fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1"),
    *("2a00:1450:4001:80b::200e%eth0", "", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "8.8.8.8/32"),
]
PUBLIC = [
    *(
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
    ),
    *("168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0"),
    *("192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255"),
    *("2001:200::1", "2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "3fff:1000::1"),
]


@pytest.mark.parametrize("address", DANGEROUS)
@pytest.mark.parametrize("port", [80, 443])
def test_refuses_dangerous_addresses(address: str, port: int) -> None:
    assert AddressGuard().may_ask(address, port) is False


@pytest.mark.parametrize("address", PUBLIC)
def test_lets_public_addresses_pass(address: str) -> None:
    assert AddressGuard().may_ask(address, 80) is True


@pytest.mark.parametrize("port", [0, 22, 25, 81, 3306, 6379, 8080, 65_535])
def test_refuses_other_ports_of_public_addresses(port: int) -> None:
    assert AddressGuard().may_ask("8.8.8.8", port) is False


def test_lets_allowed_networks_pass_at_any_port_and_nothing_beside_them() -> None:
    guard = AddressGuard((ip_network("127.0.0.0/31"), ip_network("fd12::/48")))

    allowed = [guard.may_ask(address, 8080) for address in ("127.0.0.0", "127.0.0.1", "fd12::1")]
    others = [guard.may_ask(address, 80) for address in ("127.0.0.2", "::1", "::ffff:127.0.0.1", "fd12:0:1::1")]

    assert allowed == [True] * 3
    assert others == [False] * 4
    assert guard.may_ask("8.8.8.8", 8080) is False


def test_judges_more_than_the_52_addresses_that_are_known_to_be_dangerous() -> None:
    assert len(set(DANGEROUS)) >= 52
