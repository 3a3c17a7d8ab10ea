"""A QUIC peer on aioquic, which `mpq interop` drives: see src/quic/quic-peer.ts for its arguments and events."""

import argparse
import asyncio
import json

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, DatagramReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import (
    ConnectionTerminated,
    DatagramFrameReceived,
    HandshakeCompleted,
    StreamDataReceived,
)
from aioquic.quic.packet import QuicProtocolVersion

HOST = "127.0.0.1"
PERIOD = 251
CHUNK = 65_536
PATTERN = bytes((o % PERIOD * 7 + 1) & 255 for o in range(CHUNK + PERIOD))
WINDOW = 8_000_000
DATAGRAM_ECHO = b"datagram-echo"
VERSIONS = {"v1": QuicProtocolVersion.VERSION_1, "v2": QuicProtocolVersion.VERSION_2}


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def pattern(length):
    """The whole answer of the perf protocol."""
    whole, rest = divmod(length, PERIOD)
    return PATTERN[:PERIOD] * whole + PATTERN[:rest]


class Peer(QuicConnectionProtocol):
    """What both roles share: HTTP/3 where it is spoken, and events."""

    options = None
    http = None
    asked = False

    def quic_event_received(self, event):
        if isinstance(event, HandshakeCompleted):
            tell("handshake", resumed=event.session_resumed, early=event.early_data_accepted)
            if event.alpn_protocol == "h3":
                # With it, extended CONNECT and HTTP datagrams are on.
                self.http = H3Connection(self._quic, enable_webtransport=True)
            if not self.asked:
                self.begin()
        elif isinstance(event, ConnectionTerminated):
            tell("closed", code=event.error_code, reason=event.reason_phrase)
        if self.http is None:
            self.quic_event(event)
            return
        for http_event in self.http.handle_event(event):
            self.http_event(http_event)

    def begin(self):
        """The handshake is complete."""

    def quic_event(self, event):
        """Of a connection without HTTP/3."""

    def http_event(self, event):
        """Of a connection with HTTP/3."""


class Server(Peer):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.requests = {}

    def quic_event(self, event):
        if isinstance(event, DatagramFrameReceived):
            self._quic.send_datagram_frame(event.data)
        elif isinstance(event, StreamDataReceived):
            if self.options.key_update and not self.requests:
                self._quic.request_key_update()
            request = self.requests.pop(event.stream_id, b"") + event.data
            self.requests[event.stream_id] = request
            if event.end_stream and self.options.alpn == "perf":
                length = int.from_bytes(request, "big")
                self._quic.send_stream_data(event.stream_id, pattern(length), True)
            elif self.options.alpn == "qpsk-echo":
                self._quic.send_stream_data(event.stream_id, event.data, event.end_stream)
        self.transmit()

    def http_event(self, event):
        if isinstance(event, DatagramReceived):
            self.http.send_datagram(event.stream_id, event.data)
        elif isinstance(event, HeadersReceived):
            fields = dict(event.headers)
            self.http.send_headers(event.stream_id, [(b":status", b"200")])
            if fields[b":method"] == b"GET":
                body = b"a" * int(fields[b":path"][1:])
                self.http.send_data(event.stream_id, body, True)
        self.transmit()


class Client(Peer):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.bytes = 0
        self.datagrams = 0
        self.right = True
        self.over = asyncio.Event()
        self.tunnel = None
        self.acted = False

    def begin(self):
        if self.http is None:
            self.begin_quic()
        elif self.options.datagrams == 0:
            self.begin_get()

    def begin_early(self):
        """Before the handshake: as 0-RTT data."""
        self.asked = True
        self.begin_quic()

    def begin_quic(self):
        for i in range(self.options.datagrams):
            self._quic.send_datagram_frame(bytes([i]) * 500)
        stream_id = self._quic.get_next_available_stream_id()
        self._quic.send_stream_data(stream_id, self.options.bytes.to_bytes(8, "big"), True)
        self.transmit()

    def begin_get(self):
        self.request(b"GET", b"/%d" % self.options.bytes, True)

    def request(self, method, path, end, *more):
        stream_id = self._quic.get_next_available_stream_id()
        authority = b"localhost:%d" % self.options.port
        head = [(b":method", method), (b":scheme", b"https"), (b":authority", authority), (b":path", path)]
        self.http.send_headers(stream_id, [*head, *more], end)
        self.transmit()
        return stream_id

    def quic_event(self, event):
        if isinstance(event, DatagramFrameReceived):
            self.datagrams += len(event.data) == 500
        elif isinstance(event, StreamDataReceived):
            if self.options.alpn == "perf":
                start = self.bytes % PERIOD
                expected = pattern(start + len(event.data))[start:]
                self.right = self.right and event.data == expected
            self.take(event.data, event.end_stream)

    def http_event(self, event):
        if isinstance(event, DatagramReceived):
            self.datagrams += len(event.data) == 500
            if self.datagrams == self.options.datagrams:
                self.begin_get()
        elif isinstance(event, HeadersReceived) and event.stream_id == self.tunnel:
            for i in range(self.options.datagrams):
                self.http.send_datagram(self.tunnel, bytes([i]) * 500)
            self.transmit()
        elif isinstance(event, (DataReceived, HeadersReceived)) and event.stream_id != self.tunnel:
            self.take(event.data if isinstance(event, DataReceived) else b"", event.stream_ended)

    def take(self, data, end):
        self.bytes += len(data)
        if not self.acted and self.bytes > 500_000:
            self.acted = True
            if self.options.key_update:
                self.request_key_update()
            if self.options.migrate:
                asyncio.ensure_future(self.move())
        if end:
            self.over.set()

    async def open_tunnel(self):
        while self.http is None or self.http.received_settings is None:
            await asyncio.sleep(0.005)
        self.tunnel = self.request(b"CONNECT", b"/", False, (b":protocol", DATAGRAM_ECHO))

    async def move(self):
        """To another port, with another connection ID."""
        self.change_connection_id()
        old = self._transport
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("::", 0))
        old.close()
        tell("migrated")


def versions(options):
    """Those of the command line, as configured."""
    if options.versions is None:
        return {}
    chosen = {"supported_versions": [VERSIONS[name] for name in options.versions.split(",")]}
    if options.first_version is not None:
        chosen["original_version"] = VERSIONS[options.first_version]
    return chosen


async def run_server(options):
    configuration = QuicConfiguration(
        is_client=False,
        alpn_protocols=[options.alpn],
        max_datagram_frame_size=65_535,
        max_data=2 * WINDOW,
        max_stream_data=WINDOW,
        **versions(options),
    )
    configuration.load_cert_chain(options.cert, options.key)
    tickets = {}
    await serve(
        HOST,
        options.port,
        configuration=configuration,
        create_protocol=Server,
        session_ticket_fetcher=lambda label: tickets.pop(label, None),
        session_ticket_handler=lambda ticket: tickets.update({ticket.ticket: ticket}),
        retry=options.retry,
    )
    tell("listening")
    await asyncio.Future()


async def run_client(options):
    ticket = None
    client = None
    for _ in range(options.connections):
        configuration = QuicConfiguration(
            alpn_protocols=[options.alpn],
            cafile=options.ca,
            server_name="localhost",
            session_ticket=ticket,
            max_datagram_frame_size=65_535,
            max_data=2 * WINDOW,
            max_stream_data=WINDOW,
            **versions(options),
        )
        early = options.early and ticket is not None
        tickets = []
        async with connect(
            HOST,
            options.port,
            configuration=configuration,
            create_protocol=Client,
            session_ticket_handler=tickets.append,
            wait_connected=not early,
        ) as client:
            if early:
                client.begin_early()
            if options.alpn == "h3" and options.datagrams > 0:
                await client.open_tunnel()
            await client.over.wait()
            while client.datagrams < options.datagrams or not tickets:
                await asyncio.sleep(0.005)
            ticket = tickets[0]
    # qpsk-echo sends the request of eight octets back.
    expected = 8 if options.alpn == "qpsk-echo" else options.bytes
    ok = client.right and client.bytes == expected
    tell("done", ok=ok, bytes=options.bytes if ok else client.bytes, datagrams=client.datagrams)


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["server", "client"])
    for name in ("--port", "--bytes", "--datagrams"):
        parser.add_argument(name, type=int, default=0)
    parser.add_argument("--connections", type=int, default=1)
    for name in ("--cert", "--key", "--ca", "--alpn", "--versions", "--first-version"):
        parser.add_argument(name)
    for name in ("--retry", "--key-update", "--migrate", "--early"):
        parser.add_argument(name, action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    Peer.options = read_options()
    asyncio.run((run_server if Peer.options.role == "server" else run_client)(Peer.options))
