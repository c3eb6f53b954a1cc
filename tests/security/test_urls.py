"""URLs from clients, against real servers on this machine: nothing is reached that was not judged."""

from __future__ import annotations

import asyncio
import gzip
import io
import shutil
import socket
import ssl
import subprocess
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from api.security.addresses import is_public
from api.security.origins import parse_origins
from api.security.sniffing import Kind
from api.security.urls import Fetcher, resolve
from vibeboard.faults import Rejected, Transient

NAME = "files.example"
MOST = 64 * 1024


def png():
    out = io.BytesIO()
    Image.new("RGB", (8, 4)).save(out, "PNG")
    return out.getvalue()


def answer(body, status="200 OK", *headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for NAME: who serves with it, and who trusts it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -keyout key -out cert"
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    subprocess.run([*command.split(), *subject], cwd=folder, check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert", folder / "key")
    return server, ssl.create_default_context(cafile=folder / "cert")


class Server:
    """Answers every request with the same bytes, or as `drip` says; keeps what it was asked."""

    def __init__(self, reply=b"", drip=None):
        self.reply, self.drip, self.asked, self.names = reply, drip, [], []

    async def handle(self, reader, writer):
        try:
            self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(self.reply)
            await writer.drain()
            if self.drip:
                await self.drip(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def at(self, host="127.0.0.1", tls=None):
        if tls is not None:
            tls.sni_callback = lambda _socket, name, _context: self.names.append(name)
        server = await asyncio.start_server(self.handle, host, 0, ssl=tls)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()


class Resolver:
    """A name server with an answer for every time it is asked; the last stays."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host, port):
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def only(*addresses):
    return lambda address: address in addresses


def fetcher(allowed, resolver, **more):
    options = {"most_bytes": MOST, "within_s": 20, "reachable": only("127.0.0.1"), **more}
    return Fetcher(parse_origins(allowed, "fetch_hosts"), resolve=resolver, **options)


async def test_a_file_comes_from_the_pinned_address_under_the_servers_name(certificate, tmp_path):
    serves, trusts = certificate
    server = Server(answer(png(), "200 OK", "Content-Type: text/html"))
    async with server.at(tls=serves) as port:
        fetch = fetcher(f"{NAME}:{port}", Resolver(["127.0.0.1"]), tls=trusts).fetch
        found = await fetch(f"https://{NAME}:{port}/a/b.html?c=d", tmp_path / "file")
    assert (found.kind, found.width, (tmp_path / "file").read_bytes()) == (Kind.PNG, 8, png())
    assert server.names == [NAME]
    assert server.asked[0].startswith("GET /a/b.html?c=d HTTP/1.1\r\n")
    assert f"host: {NAME}:{port}\r\n" in server.asked[0].lower()


async def test_a_certificate_for_another_name_is_no_answer(certificate, tmp_path):
    serves, trusts = certificate
    server = Server(answer(png()))
    async with server.at(tls=serves) as port:
        fetch = fetcher(f"other.example:{port}", Resolver(["127.0.0.1"]), tls=trusts).fetch
        with pytest.raises(Transient, match="does not answer"):
            await fetch(f"https://other.example:{port}/", tmp_path / "file")
    assert server.asked == []


async def test_a_name_that_points_elsewhere_the_second_time_is_not_asked_twice(tmp_path):
    good, inner = Server(answer(png())), Server(answer(b"secret"))
    async with good.at("127.0.0.1") as port:
        again = await asyncio.start_server(inner.handle, "127.0.0.2", port)
        resolver = Resolver(["127.0.0.1"], ["127.0.0.2"])
        await fetcher(f"http://{NAME}:{port}", resolver).fetch(f"http://{NAME}:{port}/", tmp_path / "file")
        again.close()
    assert (resolver.asked, len(good.asked), inner.asked) == (1, 1, [])


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["::ffff:127.0.0.1"], []])
async def test_a_name_that_leads_inside_is_refused(answers, tmp_path):
    server = Server(answer(png()))
    async with server.at() as port:
        fetch = fetcher(f"http://{NAME}:{port}", Resolver(answers), reachable=is_public).fetch
        with pytest.raises(Rejected, match="not on the public internet"):
            await fetch(f"http://{NAME}:{port}/", tmp_path / "file")
    assert server.asked == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]"])
async def test_other_spellings_of_this_machine_are_refused_even_if_a_setting_names_them(host, tmp_path):
    fetch = fetcher(f"http://{host}", resolve, reachable=is_public).fetch
    with pytest.raises(Rejected, match="not on the public internet"):
        await fetch(f"http://{host}/", tmp_path / "file")


async def test_a_redirect_to_the_inside_is_not_followed(tmp_path):
    inner = Server(answer(b"secret"))
    async with inner.at() as inside:
        outer = Server(answer(b"", "302 Found", f"Location: http://127.0.0.1:{inside}/"))
        async with outer.at() as port:
            allowed = f"http://{NAME}:{port},http://127.0.0.1:{inside}"
            with pytest.raises(Rejected, match="leads elsewhere") as refused:
                await fetcher(allowed, Resolver(["127.0.0.1"])).fetch(f"http://{NAME}:{port}/", tmp_path / "file")
    assert (len(outer.asked), inner.asked) == (1, [])
    assert str(inside) not in str(refused.value)


async def test_a_file_without_end_is_cut_off_at_the_limit(tmp_path):
    async def pour(writer):
        while True:
            writer.write(b"%x\r\n" % 4096 + bytes(4096) + b"\r\n")
            await writer.drain()

    server = Server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", pour)
    async with server.at() as port:
        fetch = fetcher(f"http://{NAME}:{port}", Resolver(["127.0.0.1"])).fetch
        with pytest.raises(Rejected, match=r"over 0\.0625 MiB") as refused:
            await fetch(f"http://{NAME}:{port}/", tmp_path / "file")
    assert refused.value.fault.code == "too_large"
    assert (tmp_path / "file").stat().st_size <= MOST


async def test_a_file_that_comes_a_byte_at_a_time_is_given_up(tmp_path):
    async def drip(writer):
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", drip)
    async with server.at() as port:
        fetch = fetcher(f"http://{NAME}:{port}", Resolver(["127.0.0.1"]), within_s=0.5).fetch
        with pytest.raises(Transient, match=r"took over 0\.5 s"):
            await fetch(f"http://{NAME}:{port}/", tmp_path / "file")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (answer(b"nothing here", "404 Not Found"), "answers 404"),
        (answer(b"<html></html>", "200 OK", "Content-Type: image/png"), "markup"),
        (answer(gzip.compress(png()), "200 OK", "Content-Encoding: gzip"), "none of what is taken"),
    ],
)
async def test_what_the_server_calls_its_answer_does_not_count(reply, says, tmp_path):
    async with Server(reply).at() as port:
        fetch = fetcher(f"http://{NAME}:{port}", Resolver(["127.0.0.1"])).fetch
        with pytest.raises(Rejected, match=says):
            await fetch(f"http://{NAME}:{port}/", tmp_path / "file")


@pytest.mark.parametrize("reply", [b"", b"no HTTP\r\n\r\n", answer(png())[:-9], answer(png(), "204 No Content")])
async def test_an_answer_that_is_none_is_a_fault_with_a_name(reply, tmp_path):
    async with Server(reply).at() as port:
        fetch = fetcher(f"http://{NAME}:{port}", Resolver(["127.0.0.1"])).fetch
        with pytest.raises((Transient, Rejected), match=r"does not answer|answers 204"):
            await fetch(f"http://{NAME}:{port}/", tmp_path / "file")


async def test_a_name_that_nobody_knows_is_a_fault_with_a_name(tmp_path):
    async def unknown(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(Transient, match=f"{NAME} does not answer"):
        await fetcher(NAME, unknown).fetch(f"https://{NAME}/", tmp_path / "file")


async def test_a_proxy_of_the_environment_is_not_used(tmp_path, monkeypatch):
    proxy, server = Server(answer(b"proxied")), Server(answer(png()))
    async with proxy.at() as between, server.at() as port:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{between}")
        fetch = fetcher(f"http://{NAME}:{port}", Resolver(["127.0.0.1"])).fetch
        await fetch(f"http://{NAME}:{port}/", tmp_path / "file")
    assert (proxy.asked, len(server.asked)) == ([], 1)


@pytest.mark.parametrize(
    "url",
    [
        f"http://{NAME}/",
        f"https://{NAME}:8443/",
        f"https://a.{NAME}/",
        f"https://{NAME}.evil.example/",
        f"https://{NAME}@evil.example/",
        f"https://evil.example#@{NAME}/",
        f"https://evil.example\\@{NAME}/",
        f"https://user:word@{NAME}/",
        f"https://{NAME}/" + "a" * 3000,
        f"ftp://{NAME}/",
        f"//{NAME}/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "https://[::1/",
        "https://\x00/",
        "",
    ],
)
async def test_what_no_setting_names_is_refused_before_any_name_is_looked_up(url, tmp_path):
    resolver = Resolver(["93.184.215.14"])
    with pytest.raises(Rejected, match=r"^url: ") as refused:
        await fetcher(NAME, resolver).fetch(url, tmp_path / "file")
    assert refused.value.fault.code == "url_refused"
    assert (resolver.asked, (tmp_path / "file").exists()) == (0, False)


async def test_without_the_setting_nothing_is_fetched(tmp_path):
    with pytest.raises(Rejected, match="FETCH_HOSTS"):
        await fetcher("", Resolver(["93.184.215.14"])).fetch("https://example.com/", tmp_path / "file")


PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101", "2002:101:101::1", "::ffff:1.1.1.1"]
INSIDE = {
    "this machine": "0.0.0.0 127.0.0.1 127.8.8.8 :: ::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::1 ::7f00:1",
    "private networks": "10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 fc00::1 fec0::1 64:ff9b:1::1",
    "private ones in IPv6": "::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1::1 2002:c0a8:1::1",
    "a cloud's services": "169.254.169.254 ::ffff:169.254.169.254 fd00:ec2::254 fe80::1 fe80::1%eth0",
    "many at once": "224.0.0.1 239.1.1.1 255.255.255.255 ff02::1 ff0e::1",
    "nobody": "192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 240.0.0.1",
    "nobody in IPv6": "100::1 2001::1 2001:10::1 2001:db8::1 3fff::1 5f00::1",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize("addresses", INSIDE.values(), ids=INSIDE)
def test_an_address_of_the_inside_or_of_nobody_is_not_public(addresses):
    assert [address for address in addresses.split() if is_public(address)] == []


@given(st.ip_addresses(v=4))
def test_an_address_in_the_clothes_of_another_is_judged_as_what_it_is(address):
    number = int(address)
    for dressed in (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        assert is_public(str(IPv6Address(dressed))) == is_public(str(IPv4Address(number)))
