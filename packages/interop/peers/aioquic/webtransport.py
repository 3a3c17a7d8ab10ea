"""A WebTransport peer on aioquic, which `mpq interop` drives: see src/quic/webtransport-peer.ts for its arguments and events.

aioquic frames streams and datagrams; capsules and the numbers of error codes it leaves to its user.
"""

import argparse
import asyncio
import json
import ssl

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.buffer import Buffer, encode_uint_var
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import (
    DataReceived,
    DatagramReceived,
    HeadersReceived,
    WebTransportStreamDataReceived,
)
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import (
    ConnectionTerminated,
    HandshakeCompleted,
    StopSendingReceived,
    StreamDataReceived,
    StreamReset,
)

HOST = "127.0.0.1"
CLOSE_SESSION = 0x2843
FIRST_CODE = 0x52E4A40FA8DB
GREETING = b"from the server"
SIZE = 500


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def pattern(length):
    return (bytes(range(251)) * (length // 251 + 1))[:length]


def to_http(code):
    return FIRST_CODE + code + code // 30


def from_http(code):
    shifted = code - FIRST_CODE
    return shifted - shifted // 31


def close_capsule(code, reason):
    value = code.to_bytes(4, "big") + reason.encode()
    return encode_uint_var(CLOSE_SESSION) + encode_uint_var(len(value)) + value


def read_close(data):
    """Code and reason, where a capsule of a session closes it."""
    buffer = Buffer(data=data)
    while not buffer.eof():
        kind = buffer.pull_uint_var()
        value = buffer.pull_bytes(buffer.pull_uint_var())
        if kind == CLOSE_SESSION:
            return int.from_bytes(value[:4], "big"), value[4:].decode()
    return None


class Peer(QuicConnectionProtocol):
    """What both roles share. Every stream is a list of its octets and whether it has ended."""

    options = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = None
        self.session = None
        self.path = None
        # Own bidirectional streams: aioquic would read what comes back on them as frames.
        self.own = set()
        self.streams = {}
        self.resets = {}
        self.stops = {}
        self.datagrams = []
        self.capsules = b""
        self.closed = None
        self.status = None
        self.over = False
        self.changed = asyncio.Event()

    def quic_event_received(self, event):
        if isinstance(event, HandshakeCompleted):
            self.http = H3Connection(self._quic, enable_webtransport=True)
        elif isinstance(event, ConnectionTerminated):
            self.over = True
        elif isinstance(event, StreamReset):
            self.resets[event.stream_id] = from_http(event.error_code)
        elif isinstance(event, StopSendingReceived):
            self.stops[event.stream_id] = from_http(event.error_code)
        if isinstance(event, StreamDataReceived) and event.stream_id in self.own:
            self.take(event.stream_id, event.data, event.end_stream)
        elif self.http is not None:
            for http_event in self.http.handle_event(event):
                self.http_event(http_event)
        self.changed.set()
        self.transmit()

    def http_event(self, event):
        if isinstance(event, WebTransportStreamDataReceived):
            self.take(event.stream_id, event.data, event.stream_ended)
        elif isinstance(event, DatagramReceived):
            self.datagram(event.data)
        elif isinstance(event, HeadersReceived):
            self.head(event)
        elif isinstance(event, DataReceived) and event.stream_id == self.session:
            self.capsules += event.data
            self.closed = read_close(self.capsules)
            if self.closed is not None:
                tell("session_closed", code=self.closed[0], reason=self.closed[1])

    def take(self, stream_id, data, end):
        octets, _ = self.streams.get(stream_id, (b"", False))
        self.streams[stream_id] = (octets + data, end)

    def datagram(self, data):
        self.datagrams.append(data)

    def head(self, event):
        """Of a request or an answer."""

    def open(self, unidirectional, data, end):
        stream_id = self.http.create_webtransport_stream(self.session, unidirectional)
        if not unidirectional:
            self.own.add(stream_id)
        self._quic.send_stream_data(stream_id, data, end)
        self.transmit()
        return stream_id

    def close_session(self, code, reason):
        self.http.send_data(self.session, close_capsule(code, reason), True)
        self.transmit()

    async def until(self, look):
        while not (found := look()):
            if self.over:
                raise ConnectionError("the connection is over")
            self.changed.clear()
            await self.changed.wait()
        return found

    async def whole(self, stream_id):
        """All octets of a stream."""
        await self.until(lambda: self.streams.get(stream_id, (b"", False))[1])
        return self.streams[stream_id][0]

    async def incoming(self, kind):
        """The first stream of the other side: kind 1 of a server, 3 unidirectional of it, 2 of a client."""
        return await self.until(lambda: next((i for i in self.streams if i % 4 == kind and i not in self.own), None))


class Server(Peer):
    """Echoes; `/streams` gets a stream of the server too, `/bye` is closed by it."""

    def head(self, event):
        fields = dict(event.headers)
        self.session = event.stream_id
        self.path = fields[b":path"].decode()
        self.http.send_headers(event.stream_id, [(b":status", b"200")])
        if self.path == "/streams":
            self.open(False, GREETING, True)
        elif self.path == "/bye":
            self.close_session(77, "bye")

    def take(self, stream_id, data, end):
        super().take(stream_id, data, end)
        if stream_id in self.own:
            if end:
                tell("greeted", ok=self.streams[stream_id][0] == GREETING)
        elif stream_id % 4 == 0:
            self._quic.send_stream_data(stream_id, data, end)
        elif end:
            self.open(True, self.streams[stream_id][0], True)

    def datagram(self, data):
        self.http.send_datagram(self.session, data)

    def quic_event_received(self, event):
        super().quic_event_received(event)
        if isinstance(event, StreamReset):
            tell("reset", code=from_http(event.error_code))
        elif isinstance(event, StopSendingReceived):
            tell("stopped", code=from_http(event.error_code))


class Client(Peer):
    def head(self, event):
        self.status = int(dict(event.headers)[b":status"])

    async def open_session(self, path):
        await self.until(lambda: self.http is not None and self.http.received_settings is not None)
        self.session = self._quic.get_next_available_stream_id()
        head = {
            b":method": b"CONNECT",
            b":scheme": b"https",
            b":authority": b"localhost:%d" % self.options.port,
            b":path": path,
            b":protocol": b"webtransport",
        }
        self.http.send_headers(self.session, list(head.items()))
        self.transmit()
        await self.until(lambda: self.status)

    async def run_streams(self):
        await self.open_session(b"/streams")
        data = pattern(self.options.bytes)
        echo = await self.whole(self.open(False, data, True))
        self.open(True, data[:5000], True)
        answer = await self.whole(await self.incoming(3))
        greeting = await self.incoming(1)
        text = await self.whole(greeting)
        self._quic.send_stream_data(greeting, text, True)
        self.transmit()
        return echo == data and answer == data[:5000] and text == GREETING

    async def run_datagrams(self):
        await self.open_session(b"/datagrams")
        for i in range(self.options.datagrams):
            self.http.send_datagram(self.session, bytes([i]) * SIZE)
        self.transmit()
        await self.until(lambda: len(self.datagrams) == self.options.datagrams)
        return all(len(data) == SIZE for data in self.datagrams)

    async def run_close(self):
        await self.open_session(b"/close")
        stream_id = self.open(False, b"x", False)
        await self.until(lambda: self.streams.get(stream_id, (b"", False))[0] == b"x")
        self._quic.reset_stream(stream_id, to_http(42))
        self._quic.stop_stream(stream_id, to_http(43))
        self.transmit()
        heard = await self.whole(await self.incoming(3))
        self.close_session(4242, "that is all")
        return heard == b"heard"

    async def run_bye(self):
        await self.open_session(b"/bye")
        await self.until(lambda: self.closed)
        return self.closed == (77, "bye")

    async def run_refused(self):
        await self.open_session(b"/nothing")
        return self.status == 404


def configuration(options, is_client):
    return QuicConfiguration(
        is_client=is_client,
        alpn_protocols=["h3"],
        cafile=options.ca,
        server_name="localhost",
        max_datagram_frame_size=65_535,
        verify_mode=ssl.CERT_REQUIRED if is_client else None,
    )


async def run_server(options):
    settings = configuration(options, False)
    settings.load_cert_chain(options.cert, options.key)
    await serve(HOST, options.port, configuration=settings, create_protocol=Server)
    tell("listening")
    await asyncio.Future()


async def run_client(options):
    settings = configuration(options, True)
    async with connect(HOST, options.port, configuration=settings, create_protocol=Client) as client:
        ok = await getattr(client, f"run_{options.case}")()
        # What is on the way shall arrive.
        await client.ping()
        tell("done", ok=ok)


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["server", "client"])
    for name in ("--port", "--bytes", "--datagrams"):
        parser.add_argument(name, type=int, default=0)
    for name in ("--cert", "--key", "--ca", "--alpn", "--case"):
        parser.add_argument(name)
    return parser.parse_args()


if __name__ == "__main__":
    Peer.options = read_options()
    asyncio.run((run_server if Peer.options.role == "server" else run_client)(Peer.options))
