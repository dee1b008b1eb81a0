"""The connections to a scorer: kept, replaced, given up; whatever is said on the other end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.deployment.serving import wire
from {{cookiecutter.package_name}}.deployment.serving.wire import Answer, LostError, Pool, UnreachableError

GOOD = b"HTTP/1.1 200 OK\r\nX-Model-Digest: d\r\nServer: s\r\ncontent-length: 2\r\n\r\nok"
ASK = wire.request("POST", b"/score", b"{}", ((b"content-type", b"application/json"),))


def with_scorer(path: Path, says: list[bytes], do: Callable[[Pool], Awaitable[None]]) -> list[bytes]:
    """Run `do` against a scorer that says one of `says` to each request, then closes; gives what it was asked."""
    asked: list[bytes] = []
    connections = open_ones = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections, open_ones
        connections, open_ones = connections + 1, open_ones + 1
        mine = connections
        try:
            while says:
                head = await reader.readuntil(b"\r\n\r\n")
                asked.append(b"%d " % mine + head + await reader.read(2))
                writer.write(says.pop(0))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            open_ones -= 1

    async def run() -> None:
        async with await asyncio.start_unix_server(serve, str(path)):
            pool = Pool(path, 30)
            await do(pool)
            pool.close()
            while open_ones:
                await asyncio.sleep(0.001)

    asyncio.run(run())
    return asked


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.sock"


def test_a_connection_is_kept_for_the_next_request(path: Path) -> None:
    async def do(pool: Pool) -> None:
        for _ in range(3):
            assert await pool.ask(ASK) == Answer(200, [(b"x-model-digest", b"d"), (b"content-length", b"2")], b"ok")
            assert pool.busy == 0

    asked = with_scorer(path, [GOOD] * 3, do)
    assert [it[:2] for it in asked] == [b"1 "] * 3
    assert asked[0].endswith(b"{}")


def test_requests_at_once_have_connections_of_their_own(path: Path) -> None:
    async def do(pool: Pool) -> None:
        found = await asyncio.gather(*(pool.ask(ASK) for _ in range(3)))
        assert [it.status for it in found] == [200] * 3

    assert sorted(it[:2] for it in with_scorer(path, [GOOD] * 3, do)) == [b"1 ", b"2 ", b"3 "]


def test_a_connection_that_is_just_closing_is_not_used(path: Path) -> None:
    async def do(pool: Pool) -> None:
        await pool.ask(ASK)
        pool.idle[0].transport.close()
        assert (await pool.ask(ASK)).status == 200

    assert [it[:2] for it in with_scorer(path, [GOOD] * 2, do)] == [b"1 ", b"2 "]


def test_a_scorer_that_closes_after_its_answer_is_taken_at_its_word(path: Path) -> None:
    async def do(pool: Pool) -> None:
        for _ in range(2):
            assert (await pool.ask(ASK)).status == 200
            assert pool.idle == []

    closing = GOOD.replace(b"Server: s", b"Connection: close")
    assert [it[:2] for it in with_scorer(path, [closing] * 2, do)] == [b"1 ", b"2 "]


def test_an_answer_in_pieces_is_put_together(path: Path) -> None:
    async def do(pool: Pool) -> None:
        assert (await pool.ask(ASK)).body == b"okay"

    with_scorer(path, [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n2\r\nay\r\n0\r\n\r\n"], do)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nha", b"no HTTP at all\r\n\r\n"])
def test_an_answer_that_is_none_is_lost(path: Path, said: bytes) -> None:
    async def do(pool: Pool) -> None:
        with pytest.raises(LostError):
            await pool.ask(ASK)
        assert (pool.all, pool.idle) == (set(), [])

    with_scorer(path, [said], do)


def test_who_takes_too_long_is_given_up(path: Path) -> None:
    async def do(pool: Pool) -> None:
        waiting = asyncio.create_task(pool.ask(ASK))
        await asyncio.sleep(0.05)
        pool.sweep()
        assert pool.busy == 1
        pool.seconds = 0.01
        pool.sweep()
        with pytest.raises(LostError):
            await waiting

    with_silence(path, do)


def with_silence(path: Path, do: Callable[[Pool], Awaitable[None]]) -> None:
    """As `with_scorer`, of one who says nothing and does not close."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def run() -> None:
        async with await asyncio.start_unix_server(serve, str(path)):
            await do(Pool(path, 30))

    asyncio.run(run())


def test_nobody_there_is_not_a_lost_answer(path: Path) -> None:
    async def run() -> None:
        with pytest.raises(UnreachableError, match="nobody answers"):
            await Pool(path, 30).ask(ASK)

    asyncio.run(run())
