"""A Kubernetes API endpoint in memory, as far as lateend asks it: list, watch, get, create, TokenReview."""
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Api:
    def __init__(self):
        self._lock = threading.Lock()
        self._objects = {}  # plural -> {namespace/name: object}
        self._watches = {}  # plural -> [queue]
        self._version = 1
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, plural, value):
        """Stores an object and tells every watch of its type."""
        metadata = value["metadata"]
        key = f"{metadata.get('namespace', '')}/{metadata['name']}"
        with self._lock:
            self._version += 1
            metadata["resourceVersion"] = str(self._version)
            metadata.setdefault("creationTimestamp", "2024-01-01T00:00:00Z")
            objects = self._objects.setdefault(plural, {})
            event = json.dumps({"type": "MODIFIED" if key in objects else "ADDED", "object": value}) + "\n"
            objects[key] = value
            for watch in self._watches.get(plural, []):
                watch.put(event)
        return value

    def get(self, plural, key):
        with self._lock:
            return self._objects.get(plural, {}).get(key)

    def list(self, plural):
        with self._lock:
            return {"kind": "List", "metadata": {"resourceVersion": str(self._version)}, "items": list(self._objects.get(plural, {}).values())}

    def watch(self, plural, since):
        """The events after a version, then those to come."""
        events = queue.SimpleQueue()
        with self._lock:
            for value in self._objects.get(plural, {}).values():
                if int(value["metadata"]["resourceVersion"]) > since:
                    events.put(json.dumps({"type": "ADDED", "object": value}) + "\n")
            self._watches.setdefault(plural, []).append(events)
        return events


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _where(self):
        # /api/v1/[namespaces/NS/]PLURAL[/NAME] or /apis/GROUP/VERSION/...
        path, _, query = self.path.partition("?")
        parts = path.strip("/").split("/")[2 if path.startswith("/api/") else 3:]
        namespace = ""
        if parts[0] == "namespaces" and len(parts) > 2:
            namespace, parts = parts[1], parts[2:]
        return namespace, parts[0], parts[1] if len(parts) > 1 else None, dict(p.partition("=")[::2] for p in query.split("&") if p)

    def _answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        namespace, plural, name, query = self._where()
        if name:
            found = self.api.get(plural, f"{namespace}/{name}")
            self._answer(found or {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404, "message": "not found"}, 200 if found else 404)
        elif query.get("watch") in ("true", "1"):
            self._watch(plural, int(query.get("resourceVersion") or 0))
        else:
            self._answer(self.api.list(plural))

    def _watch(self, plural, since):
        events = self.api.watch(plural, since)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                event = events.get().encode()
                self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
        except OSError:
            pass  # The client went away.

    def do_POST(self):
        namespace, plural, _, _ = self._where()
        value = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if plural == "tokenreviews":
            value["status"] = {"authenticated": True, "audiences": ["istio-ca"], "user": {"username": "system:serviceaccount:" + value["spec"]["token"]}}
        else:
            if namespace:
                value["metadata"]["namespace"] = namespace
            self.api.put(plural, value)
        self._answer(value, 201)

    def do_PUT(self):
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    do_PATCH = do_PUT
