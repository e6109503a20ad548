"""The connections of bench/idle, by kind."""
import os
import socket
import ssl
import subprocess
import time

HOST = "service-7.default.svc.cluster.local:8080"
REQUEST = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
BULK = f"GET /bulk HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
# RFC 9113 3.4: preface and empty settings.
HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
# One source address has 45,000 ports (scripts/idle.sh).
PORTS_OF_AN_ADDRESS = 20_000


class Crowd:
    tls = False
    stays = True
    room = 0
    most = 1_000_000

    def __init__(self, port, tls):
        self._port, self._tls, self._members = port, tls, []

    def open(self, number):
        for i in range(number):
            member = connect(self._port, f"127.0.0.{2 + i // PORTS_OF_AN_ADDRESS}", self.room)
            self._members.append(self.enter(member) or member)

    def close(self):
        for member in self._members:
            member.close()
        self._members = []

    def enter(self, member):
        """What the connection does before it does nothing; may return what stands in its place."""


class Silent(Crowd):
    """nothing is ever sent"""


class Served(Crowd):
    """one request was answered, and none follows"""

    def enter(self, member):
        exchange(member)


class HalfHead(Crowd):
    """a request's head is begun and not ended; it has a time limit"""
    stays = False

    def enter(self, member):
        member.sendall(REQUEST[:-4])


class Http2(Crowd):
    """HTTP/2 without a stream"""

    def enter(self, member):
        member.sendall(HTTP2)
        member.recv(4096)


class SlowReaders(Crowd):
    """1 MB is asked for and not read"""
    most = 2000
    room = 8192

    def enter(self, member):
        member.sendall(BULK)


class Tls(Crowd):
    """a request over mutual TLS was answered, and none follows"""
    tls = True
    most = 10_000

    def enter(self, member):
        member = wrap(member, self._tls)
        exchange(member)
        return member


class HalfHandshakes(Crowd):
    """a TLS handshake is begun and not ended; those beyond the limit are closed"""
    tls = True
    stays = False
    most = 10_000

    def enter(self, member):
        # A record of type handshake, of which most is missing.
        member.sendall(bytes([0x16, 3, 1, 1, 0, 1, 0]))


KINDS = {"silent": Silent, "served": Served, "half-head": HalfHead, "http2": Http2, "slow-reader": SlowReaders, "tls": Tls, "half-tls": HalfHandshakes}


def connect(port, source="127.0.0.1", room=0):
    """`room`: bytes that may come without being read; 0 leaves it to the kernel."""
    member = socket.socket()
    if room:
        member.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    member.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    member.bind((source, 0))
    member.settimeout(20)
    member.connect(("127.0.0.1", port))
    return member


def exchange(member):
    member.sendall(REQUEST)
    got = b""
    while not (end := got.find(b"\r\n\r\n") + 1) or len(got) < end + 3 + 1024:
        piece = member.recv(65536)
        if not piece:
            raise ConnectionError(f"closed in the middle of the answer: {got[:200]}")
        got += piece
    if not got.startswith(b"HTTP/1.1 200"):
        raise ConnectionError(f"answered: {got[:200]}")


def ask(port, times, tls):
    """Requests on a connection of its own, one after the other; milliseconds at the median and at the 99th percentile."""
    member = connect(port)
    if tls:
        member = wrap(member, tls)
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        exchange(member)
        taken.append((time.perf_counter() - start) * 1000)
    member.close()
    taken.sort()
    return taken[len(taken) // 2], taken[len(taken) * 99 // 100]


def wrap(member, tls):
    return _context(tls[0]).wrap_socket(member)


def certificates(folder):
    """The folders of a client's and a server's certificate, made by the first call."""
    target = os.path.join(folder, "certificates")
    if not os.path.exists(target):
        subprocess.run(
            ["bash", os.path.join(os.path.dirname(__file__), "..", "speed", "certificates.sh"), target], check=True, stderr=subprocess.DEVNULL)
    return os.path.join(target, "client"), os.path.join(target, "server")


_contexts = {}


def _context(folder):
    if folder not in _contexts:
        context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
        context.check_hostname = False
        context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        _contexts[folder] = context
    return _contexts[folder]
