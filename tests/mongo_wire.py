"""A stand-in for a MongoDB server: the wire protocol over mongomock, and a journal that survives SIGKILL.

    python -m tests.mongo_wire PORT FOLDER

It speaks OP_MSG (https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/) and the one OP_QUERY with which
drivers begin. Each command that writes is appended to a journal in the folder before it is answered, and done again at
the next start.
"""

import asyncio
import struct
import sys
from pathlib import Path
from typing import IO

import bson
from bson.codec_options import CodecOptions

from tests.mongo_commands import WRITES, Answer, Command, StandIn

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
CHECKSUM_PRESENT = 1

_HEADER = struct.Struct("<iiii")
_LENGTH = struct.Struct("<i")
_CODEC: CodecOptions[Command] = CodecOptions()


class Server:
    """Answers one command at a time, whoever asks."""

    def __init__(self, journal: Path) -> None:
        self._stand_in = StandIn()
        if journal.exists():
            for command in bson.decode_file_iter(journal.open("rb")):
                self._stand_in.run(command)
        self._journal: IO[bytes] = journal.open("ab", buffering=0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a client until it goes."""
        try:
            while True:
                length, request, _, operation = _HEADER.unpack(await reader.readexactly(_HEADER.size))
                body = await reader.readexactly(length - _HEADER.size)
                if operation == OP_MSG:
                    writer.write(_message(request, self._answer(_command_of(body))))
                elif operation == OP_QUERY:
                    writer.write(_reply(request, self._stand_in.run({"hello": 1, "$db": "admin"})))
                else:
                    return
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, command: Command) -> Answer:
        if next(iter(command)) in WRITES:
            self._journal.write(bson.encode(command))
        return self._stand_in.run(command)


def _command_of(body: bytes) -> Command:
    """Return the command of a message: its one document, with the sequences of documents that follow or precede it."""
    [flags] = _LENGTH.unpack_from(body)
    end = len(body) - (4 if flags & CHECKSUM_PRESENT else 0)
    place, command, sequences = 4, {}, {}
    while place < end:
        kind, [length] = body[place], _LENGTH.unpack_from(body, place + 1)
        section = body[place + 1 : place + 1 + length]
        if kind == 0:
            command = bson.decode(section, _CODEC)
        else:
            name, _, documents = section[4:].partition(b"\0")
            sequences[name.decode()] = bson.decode_all(documents, _CODEC)
        place += 1 + length
    return {**command, **sequences}


def _message(request: int, answer: Answer) -> bytes:
    body = b"\0\0\0\0\0" + bson.encode(answer)
    return _HEADER.pack(_HEADER.size + len(body), 1, request, OP_MSG) + body


def _reply(request: int, answer: Answer) -> bytes:
    body = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(answer)
    return _HEADER.pack(_HEADER.size + len(body), 1, request, OP_REPLY) + body


async def main(port: int, folder: Path) -> None:
    server = await asyncio.start_server(Server(folder / "journal.bson").serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
