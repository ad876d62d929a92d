"""PUT /uploads/…: the bytes of an upload over a real server."""

import socket
from datetime import timedelta

import httpx
import pytest

from app.domain.image import ImageFormat, original_key

PNG = {"Content-Type": "image/png"}
TEN = b"0123456789"


def put(server, url, data=TEN, **headers):
    return server.client.put(url, content=data, headers={**PNG, **headers})


def error_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json()["error"]["message"].endswith(".")
    return answer.status_code, answer.json()["error"]["code"]


def test_takes_the_announced_bytes(server):
    upload, url = server.make_upload()

    answer = put(server, url)

    assert (answer.status_code, answer.json()) == (200, {"byteSize": 10})
    assert server.stored(upload) == TEN


def test_takes_a_large_chunked_upload(server):
    data = bytes(range(256)) * 12_000
    upload, url = server.make_upload(byte_size=len(data), format=ImageFormat.JPEG)

    answer = put(server, url, iter([data[:1], data[1:]]), **{"Content-Type": "image/JPEG; charset=binary"})

    assert answer.json() == {"byteSize": len(data)}
    assert server.stored(upload) == data


@pytest.mark.parametrize("data", [b"012", TEN, iter([b"01", b"2"])])
def test_takes_up_to_so_many_bytes_when_the_size_was_not_announced(server, data):
    upload, url = server.make_upload(is_exact=False, format=ImageFormat.JPEG)

    answer = put(server, url, data)

    assert answer.json() == {"byteSize": len(server.stored(upload))}


@pytest.mark.parametrize("data", [TEN + b"x", iter([TEN, b"x"])])
def test_takes_no_more_bytes_than_are_allowed(server, data):
    upload, url = server.make_upload(is_exact=False)

    assert error_of(put(server, url, data)) == (413, "TOO_LARGE")
    assert server.stored(upload) is None


def test_an_address_without_a_type_is_spent_once_its_bytes_are_in_their_place(server):
    upload, url = server.make_upload(is_exact=False)
    put(server, url)
    server.call(server.store.move, upload.staging_key, original_key(upload.image_id, ImageFormat.AVIF))

    assert error_of(put(server, url)) == (409, "ALREADY_UPLOADED")


def test_an_address_can_be_used_once(server):
    upload, url = server.make_upload()
    put(server, url)

    assert error_of(put(server, url, b"9876543210")) == (409, "ALREADY_UPLOADED")
    assert server.stored(upload) == TEN


def test_an_address_is_spent_once_its_upload_is_complete(server):
    upload, url = server.make_upload()
    server.complete(upload)

    assert error_of(put(server, url)) == (409, "ALREADY_COMPLETED")
    assert server.stored(upload) is None


def test_an_address_is_spent_once_its_bytes_were_moved(server):
    upload, url = server.make_upload()
    put(server, url)
    server.call(server.store.move, upload.staging_key, original_key(upload.image_id, upload.format))

    assert error_of(put(server, url)) == (409, "ALREADY_UPLOADED")
    assert server.stored(upload) is None


def test_an_address_is_void_when_its_upload_was_given_up(server):
    upload, url = server.make_upload()
    server.call(server.records.uploads.delete, upload.image_id)

    assert error_of(put(server, url)) == (404, "NOT_FOUND")
    assert server.stored(upload) is None


def test_an_expired_address_is_refused(server):
    upload, url = server.make_upload()
    server.now += timedelta(minutes=15)

    assert error_of(put(server, url)) == (403, "EXPIRED")
    assert server.stored(upload) is None


def test_an_altered_address_is_refused(server):
    upload, url = server.make_upload()

    assert error_of(put(server, url[:-1] + ("A" if url[-1] != "A" else "B"))) == (403, "INVALID_SIGNATURE")
    assert error_of(put(server, url[:40] + "x" + url[40:])) == (403, "INVALID_SIGNATURE")
    assert server.stored(upload) is None


@pytest.mark.parametrize("content_type", ["image/jpeg", "text/html", "", "image/png, text/html"])
def test_another_type_is_refused(server, content_type):
    upload, url = server.make_upload()

    assert error_of(put(server, url, **{"Content-Type": content_type})) == (415, "TYPE_MISMATCH")
    assert server.stored(upload) is None


@pytest.mark.parametrize(
    ("data", "error"),
    [(TEN + b"x", (413, "TOO_LARGE")), (TEN[:9], (400, "SIZE_MISMATCH")), (b"", (400, "SIZE_MISMATCH"))],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_another_size_is_refused_and_the_right_bytes_may_follow(server, data, error, chunked):
    upload, url = server.make_upload()

    assert error_of(put(server, url, iter([data]) if chunked else data)) == error
    assert server.stored(upload) is None
    assert server.leftovers() == []

    assert put(server, url).status_code == 200


def test_a_refused_upload_is_answered_before_its_body_is_sent(server):
    _, url = server.make_upload()

    with server.connect() as client:
        client.sendall(request_head(url, "Content-Length: 41943040", "Expect: 100-continue"))
        answer = read_to_end(client)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in answer.lower()
    assert b"100 Continue" not in answer


def test_a_refused_client_may_send_a_little_more_before_the_connection_is_closed(server):
    _, url = server.make_upload()

    with server.connect() as client:
        client.sendall(request_head(url, "Content-Length: 500000"))
        answer = client.recv(65_536)
        for _ in range(50):
            client.sendall(bytes(10_000))
        answer += read_to_end(client)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"}")


def test_a_client_is_told_to_go_on_when_all_is_well(server):
    upload, url = server.make_upload()

    with server.connect() as client:
        client.sendall(request_head(url, "Content-Length: 10", "Expect: 100-continue"))
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(TEN)
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")

    assert server.stored(upload) == TEN


def test_an_endless_body_is_stopped_and_its_sender_gets_the_answer(server):
    upload, url = server.make_upload(byte_size=100_000)
    sent = 0

    with server.connect() as client:
        client.sendall(request_head(url, "Transfer-Encoding: chunked"))
        try:
            while sent < 40 * 1024 * 1024:
                client.sendall(b"8000\r\n" + bytes(0x8000) + b"\r\n")
                sent += 0x8000
        except OSError:
            pass
        answer = read_to_end(client)

    assert sent < 16 * 1024 * 1024
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert server.stored(upload) is None
    assert server.leftovers() == []


def test_a_client_that_goes_away_midway_leaves_nothing_and_may_come_back(server):
    upload, url = server.make_upload(byte_size=3_000_000)
    data = bytes(3_000_000)

    with server.connect() as client:
        client.sendall(request_head(url, "Content-Length: 3000000") + data[:2_000_000])
        server.wait_for(lambda: len(server.leftovers()) == 1)
    server.wait_for(lambda: server.leftovers() == [])

    assert server.stored(upload) is None
    assert put(server, url, data).status_code == 200


@pytest.mark.parametrize("length", ["-1", "+10", "0x10", "ten", "9" * 40, "10, 11"])
def test_a_length_that_is_no_number_is_refused(server, length):
    upload, url = server.make_upload()

    with server.connect() as client:
        client.sendall(request_head(url, f"Content-Length: {length}") + TEN)
        answer = read_to_end(client)

    assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413")
    assert server.stored(upload) is None


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
def test_only_put_is_taken(server, method):
    _, url = server.make_upload()

    answer = server.client.request(method, url)

    assert error_of(answer) == (405, "INVALID_INPUT")
    assert answer.headers["Allow"] == "PUT"


def request_head(url: str, *headers: str) -> bytes:
    return "\r\n".join([f"PUT {url} HTTP/1.1", "Host: test", "Content-Type: image/png", *headers, "", ""]).encode()


def read_to_end(client: socket.socket) -> bytes:
    answer = b""
    while data := client.recv(65_536):
        answer += data
    return answer
