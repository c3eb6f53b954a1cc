"""Fetching what a URL from a client names, without being sent anywhere else (server-side request forgery)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from api.security.addresses import is_public
from api.security.origins import Origin, origin_of
from api.security.sniffing import Found, sniff
from vibeboard.faults import Rejected, Transient

WITHIN_S = 120.0
_LONGEST = 2048

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them, the best first."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Fetcher:
    """Fetches from the `origins` that are allowed. A name is resolved once, every address of it must be `reachable`,
    and the connection goes to one that was judged: an answer that differs the second time (DNS rebinding) is never
    asked for. Certificates are checked for the name. Redirects are not followed, proxies of the environment not used.
    """

    def __init__(
        self,
        origins: frozenset[Origin],
        *,
        most_bytes: int,
        within_s: float = WITHIN_S,
        resolve: Resolve = resolve,
        reachable: Callable[[str], bool] = is_public,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._origins, self._most, self._within_s = origins, most_bytes, within_s
        self._resolve, self._reachable, self._tls = resolve, reachable, tls

    async def fetch(self, url: str, to: Path) -> Found:
        """Write what the URL names into the file `to`; what it is says its content, whatever the server says. What
        is left of one that fails is the caller's to remove.

        Raises:
            Rejected: `url_refused` (it may not be fetched, or the answer is no file), `too_large`, `unsupported_media`.
            Transient: `url_unreachable`, if the server does not answer, or not in time.
        """
        target = self._allowed(url)
        try:
            async with asyncio.timeout(self._within_s):
                await self._save(target, to)
        except TimeoutError:
            raise Transient("url_unreachable", f"url: {target.host} took over {self._within_s:g} s") from None
        except (httpx2.TransportError, socket.gaierror):
            raise Transient("url_unreachable", f"url: {target.host} does not answer; try again later") from None
        return await asyncio.to_thread(sniff, to, self._most)

    def _allowed(self, url: str) -> httpx2.URL:
        try:
            target = httpx2.URL(url[:_LONGEST])
        except httpx2.InvalidURL:
            raise _refused("this is no URL: write https://host/path") from None
        if target.userinfo or len(url) > _LONGEST:
            raise _refused(f"write it without a user and in at most {_LONGEST} characters")
        if origin_of(target) not in self._origins:
            asked = str(origin_of(target))[:200]
            raise _refused(f"{asked} may not be fetched from; VIBEBOARD_FETCH_HOSTS names what may")
        return target

    async def _save(self, target: httpx2.URL, to: Path) -> None:
        address = await self._pinned(target)
        async with self._answer(target, address) as answer:
            with to.open("wb") as file:
                async for chunk in self._bounded(answer):
                    file.write(chunk)

    async def _pinned(self, target: httpx2.URL) -> str:
        origin = origin_of(target)
        addresses = await self._resolve(origin.host, origin.port)
        if not addresses or not all(map(self._reachable, addresses)):
            raise _refused(f"{target.host} is not on the public internet")
        return addresses[0]

    @asynccontextmanager
    async def _answer(self, target: httpx2.URL, address: str) -> AsyncIterator[httpx2.Response]:
        headers = {"Host": target.netloc.decode("ascii"), "Accept-Encoding": "identity"}
        names = {"sni_hostname": target.raw_host.decode("ascii")}
        async with httpx2.AsyncClient(verify=self._tls or True, trust_env=False, timeout=self._within_s) as client:
            place = target.copy_with(host=address)
            async with client.stream("GET", place, headers=headers, extensions=names) as answer:
                yield answer

    async def _bounded(self, answer: httpx2.Response) -> AsyncIterator[bytes]:
        if answer.is_redirect:
            raise _refused("it leads elsewhere: give the URL that it leads to")
        if answer.status_code != 200:
            raise _refused(f"its server answers {answer.status_code}")
        size = 0
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            if size > self._most:
                raise Rejected("too_large", f"url: this is over {self._most / 2**20:g} MiB, the most that is taken")
            yield chunk


def _refused(why: str) -> Rejected:
    return Rejected("url_refused", f"url: {why}")
