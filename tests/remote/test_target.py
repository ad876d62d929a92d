"""Spellings of addresses: what is refused before anything is resolved, and what is asked of the rest."""

import pytest

from app.domain.errors import FetchRefused
from app.remote.target import Target, follow, parse_target


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://example.com", Target("http", "example.com", 80, "/")),
        ("HTTPS://Example.COM:8443/a?b=c#d", Target("https", "example.com", 8443, "/a?b=c")),
        ("http://[2A00::0001]/x", Target("http", "2a00::1", 80, "/x")),
        (
            "http://bücher.example/größe bild.jpg",
            Target("http", "xn--bcher-kva.example", 80, "/gr%C3%B6%C3%9Fe%20bild.jpg"),
        ),
        ("http://example.com/a%20b?q=%2F|", Target("http", "example.com", 80, "/a%20b?q=%2F%7C")),
        ("http://①②⑦.⓪.⓪.①/", Target("http", "127.0.0.1", 80, "/")),
        ("http://\uff11\uff12\uff17\u30020\u30020\u30021/", Target("http", "127.0.0.1", 80, "/")),
    ],
)
def test_reads_addresses(url: str, target: Target) -> None:
    assert parse_target(url) == target


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "example.com",
            "//example.com/",
            "/etc/passwd",
            "http:example.com",
            "http:///x",
            "http://",
            "http://:80/",
        ),
        *("ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "data:image/png;base64,AAAA"),
        *("javascript:alert(1)", "ws://example.com/", "unix:/run/docker.sock"),
        *("http://user@example.com/", "http://user:password@example.com/", "http://@example.com/"),
        *("http://127.0.0.1@example.com/", "http://example.com@127.0.0.1/", "http://example.com%40127.0.0.1/"),
        *("http://example.com\\@127.0.0.1/", "http:\\\\example.com", "http://example.com/\\x"),
        *("http://example.com/\r\nX: y", "http://exa\tmple.com/", "http://example.com/\0", "http://example.com/\x7f"),
        *("http://example.com/\x85", "http://exam ple.com/", "http://example.com:port/", "http://example.com:65536/"),
        *("http://example.com:-1/", "http://[::1", "http://::1/", "http://[::1%25lo]/", "http://[fe80::1%lo]/"),
        *("http://[example.com]/", "http://%31%32%37.0.0.1/", "http://-example.com/", "http://.example.com/"),
        *("http://a..b\u0301.example/", "http://" + "a" * 254 + "/", "http://example.com/" + "a" * 2048),
        "http://example.com/\ud800",
    ],
)
def test_refuses_what_is_no_address_of_a_picture(url: str) -> None:
    with pytest.raises(FetchRefused):
        parse_target(url)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/other?x=1", "http://example.com:81/other?x=1"),
        ("other", "http://example.com:81/a/other"),
        ("//cdn.example/b", "http://cdn.example/b"),
        ("https://cdn.example/b#part", "https://cdn.example/b"),
        ("", "http://example.com:81/a/b"),
    ],
)
def test_follows_redirects_relative_to_where_they_come_from(location: str, url: str) -> None:
    assert follow(parse_target("http://example.com:81/a/b"), location).url == url


@pytest.mark.parametrize(
    "location", ["ftp://example.com/", "http://u@example.com/", "//\\127.0.0.1/", "http://[/", "\t/x"]
)
def test_refuses_redirects_to_what_is_refused_itself(location: str) -> None:
    with pytest.raises(FetchRefused):
        follow(parse_target("http://example.com/"), location)


def test_names_the_port_to_the_host_only_when_it_is_not_the_usual_one() -> None:
    authorities = [parse_target(f"{url}/").authority for url in ("http://a:80", "http://a:443", "https://[::2]:443")]

    assert authorities == ["a", "a:443", "[::2]"]
