"""What stands while a row is measured: a backend, the sidecars, and the rivals that do the same between the same ends."""
import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass

import rivals
import sidecar
from processes import free_port


@dataclass(frozen=True)
class Side:
    """A way from the load to the backend: where it begins, and the processes whose cost counts."""
    name: str
    port: int
    pids: tuple
    admin: int = 0


@dataclass(frozen=True)
class Bed:
    direct: int  # the backend's own port
    ours: Side
    theirs: Side
    others: tuple = ()


class Beds:
    """Makes beds; each is taken down when its rows are done."""

    def __init__(self, processes, agent, pinned_cores):
        self._processes = processes
        self._folder = processes.folder
        self._agent = agent
        self.pinned_cores = pinned_cores
        self._certificates = None
        self._count = 0
        self.backend, self.backend_http2 = free_port(), free_port()

    def start_backend(self):
        config = rivals.backend(self._folder, self.backend, self.backend_http2)
        self._processes.start("backend", ["nginx", "-c", config], expect=self.backend)

    @contextmanager
    def hop(self, mode="http", http2=False, log=False, pinned=False, more_rivals=False):
        """One proxy of each kind before the same backend."""
        core = self.pinned_cores[0] if pinned else None
        target = self.backend_http2 if http2 else self.backend
        port = free_port()
        config = rivals.haproxy(self._folder, f"haproxy{port}", port, target, mode, http2, log)
        theirs = self._rival("haproxy", port, ["haproxy", "-f", config, "-db"], core)
        ours = self._sidecar(target, core, mode=mode, http2=http2, log=os.path.join(self._folder, "access.log") if log else None)
        others = [self._other(name, target) for name in ("nginx", "caddy") if more_rivals and shutil.which(name)]
        with self._until_done(Bed(self.backend, ours, theirs, tuple(others))) as bed:
            yield bed

    @contextmanager
    def two_hops(self):
        """Two proxies of each kind, mutual TLS 1.3 with P-256 certificates between them."""
        client, server = self._make_certificates()
        inner = free_port()
        config = rivals.haproxy(self._folder, f"haproxy{inner}", inner, self.backend, tls_down=server)
        first = self._rival("haproxy", inner, ["haproxy", "-f", config, "-db"])
        outer = free_port()
        config = rivals.haproxy(self._folder, f"haproxy{outer}", outer, inner, tls_up=client)
        second = self._rival("haproxy", outer, ["haproxy", "-f", config, "-db"])
        inbound = self._sidecar(self.backend, tls_down=server)
        outbound = self._sidecar(inbound.port, tls_up=client)
        bed = Bed(self.backend, Side("lateen", outbound.port, outbound.pids + inbound.pids), Side("haproxy", outer, first.pids + second.pids))
        with self._until_done(bed):
            yield bed

    @contextmanager
    def _until_done(self, bed):
        try:
            yield bed
        finally:
            self._processes.stop(*(pid for side in (bed.ours, bed.theirs, *bed.others) for pid in side.pids))

    def _sidecar(self, target, core=None, **chain):
        port = free_port()
        ports = [free_port() for _ in range(4)]
        self._count += 1
        name = f"sidecar{self._count}"
        file = sidecar.write(self._folder, name, port, target, **chain)
        root = os.path.join(self._folder, name)
        pid = self._processes.start(
            name, [self._agent, "proxy", "sidecar", "--xds-file", file, "--root", root], sidecar.environment(ports), core, expect=port)
        return Side("lateen", port, (pid,), ports[0])

    def _rival(self, name, port, command, core=None):
        return Side(name, port, (self._processes.start(name, command, cpus=core, expect=port),))

    def _other(self, name, target):
        port = free_port()
        if name == "nginx":
            return self._rival(name, port, ["nginx", "-c", rivals.nginx(self._folder, port, target)])
        return self._rival(name, port, ["caddy", "run", "--adapter", "caddyfile", "--config", rivals.caddy(self._folder, port, target)])

    def _make_certificates(self):
        if self._certificates is None:
            folder = os.path.join(self._folder, "certificates")
            subprocess.run(["bash", os.path.join(os.path.dirname(__file__), "certificates.sh"), folder], check=True, stderr=subprocess.DEVNULL)
            self._certificates = (os.path.join(folder, "client"), os.path.join(folder, "server"))
        return self._certificates
