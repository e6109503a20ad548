"""The sidecar as in a pod: interception rules, a token, a real lateend; its memory after load and its time to ready."""
import base64
import http.client
import json
import os
import shutil
import subprocess
import time
from statistics import median

import load
from figures import Figure, Outcome
from kube import Api
from processes import is_open, pss_mb, wait

ADDRESS = "10.0.0.2"
VIRTUAL = "10.96.0.0"  # ClusterIP of svc-0, the one that is called
APPLICATION = 8080
PROXY_USER = "1337"


class Pod:
    """The run's own network namespace becomes the pod's."""

    def __init__(self, processes, binaries):
        self._processes = processes
        self._binaries = binaries
        self._root = os.path.join(processes.folder, "pod")
        self._api = Api()
        self._services = 0
        self._starts = 0

    def set_up(self):
        for command in ("ip link add pod type veth peer name node", "ip link set node up", f"ip addr add {ADDRESS}/24 dev pod", "ip link set pod up",
                        "ip route add default dev pod"):
            subprocess.run(command.split(), check=True)
        agent = os.path.join(self._binaries, "lateen-agent")
        subprocess.run([agent, "istio-iptables", "-p", "15001", "-z", "15006", "-u", PROXY_USER, "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*",
                        "-d", "15090,15021,15020"], check=True, stdout=subprocess.DEVNULL)
        self._api.put("namespaces", {"metadata": {"name": "istio-system"}})
        self._api.put("namespaces", {"metadata": {"name": "default"}})
        self._api.put("pods", _pod("bench", {"app": "svc-0"}, ADDRESS))
        self._start_backend()
        self.add_services(100)
        self._start_control_plane()
        self._write_files()

    def add_services(self, count):
        for i in range(self._services, self._services + count):
            mine = i == 0
            addresses = [ADDRESS] if mine else [f"10.{1 + (i >> 14)}.{(i >> 6) & 255}.{(i & 63) * 2 + e}" for e in (0, 1)]
            for e, address in enumerate(addresses):
                if not mine:
                    self._api.put("pods", _pod(f"svc-{i}-{e}", {"app": f"svc-{i}"}, address))
            self._api.put("services", _service(i))
            self._api.put("endpointslices", _slice(i, ["bench"] if mine else [f"svc-{i}-{e}" for e in (0, 1)], addresses))
        self._services += count

    def start(self):
        """Starts the sidecar from nothing; returns its process id and the milliseconds until it was ready."""
        state = os.path.join(self._root, "var/lib/istio/data")
        shutil.rmtree(state, ignore_errors=True)
        os.makedirs(state)
        os.chown(state, int(PROXY_USER), int(PROXY_USER))
        agent = os.path.join(self._binaries, "lateen-agent")
        command = ["setpriv", "--reuid", PROXY_USER, "--regid", PROXY_USER, "--clear-groups", agent, "proxy", "sidecar",
                   "--domain", "default.svc.cluster.local", "--root", self._root, "--log_output_level=default:info"]
        self._starts += 1
        name = f"bench-{self._starts}"  # another each time: a proxy that comes back again and again is let in later each time
        began = time.monotonic()
        pid = self._processes.start(f"pod{self._starts}", command, self._environment(name), expect=_is_ready)
        return pid, (time.monotonic() - began) * 1000

    def stop(self, pid):
        self._processes.stop(pid)

    def knows_all(self):
        """The sidecar has taken the clusters of every service that was added: it keeps what it has taken in a file."""
        kept = os.path.join(self._root, "var/lib/istio/data/last-cds.pb")
        if not os.path.exists(kept):
            return False
        with open(kept, "rb") as f:
            return f"||svc-{self._services - 1}.".encode() in f.read()

    def _start_backend(self):
        temporary = "".join(f"{kind}_temp_path {self._processes.folder}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = os.path.join(self._processes.folder, "application.conf")
        with open(config, "w") as f:
            f.write(f"""daemon off; master_process off; worker_processes 1; pid {self._processes.folder}/application.pid; user root;
error_log {self._processes.folder}/application.err; events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; {temporary} server {{ listen {APPLICATION}; location / {{ return 200 "{'x' * 1024}"; }} }} }}""")
        self._processes.start("application", ["nginx", "-c", config], expect=APPLICATION)

    def _start_control_plane(self):
        config = os.path.join(self._processes.folder, "kubeconfig")
        with open(config, "w") as f:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "bench",
                       "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
                       "clusters": [{"name": "bench", "cluster": {"server": f"http://127.0.0.1:{self._api.port}"}}],
                       "users": [{"name": "bench", "user": {}}]}, f)
        self._processes.start("lateend", [os.path.join(self._binaries, "lateend"), "discovery", "--kubeconfig", config, "--httpAddr", "127.0.0.1:9080"],
                              expect=lambda: is_open(15012) and self._api.get("secrets", "istio-system/istio-ca-secret") is not None and _ready(9080, "/ready"))

    def _write_files(self):
        authority = self._api.get("secrets", "istio-system/istio-ca-secret")["data"]["ca-cert.pem"]
        for path, text in (("var/run/secrets/istio/root-cert.pem", base64.b64decode(authority).decode()),
                           ("var/run/secrets/tokens/istio-token", "default:bench"),
                           ("etc/istio/pod/labels", 'app="svc-0"\nsecurity.istio.io/tlsMode="istio"\n')):
            full = os.path.join(self._root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w") as f:
                f.write(text)

    def _environment(self, name):
        return {
            "PROXY_CONFIG": json.dumps({"discoveryAddress": "127.0.0.1:15012", "concurrency": 2, "terminationDrainDuration": "0.01s"}), "ISTIOD_SAN": "istiod.istio-system.svc",
            "POD_NAME": name, "POD_NAMESPACE": "default", "INSTANCE_IP": ADDRESS, "SERVICE_ACCOUNT": "bench", "TRUST_DOMAIN": "cluster.local",
            "CA_ADDR": "127.0.0.1:15012", "ISTIO_META_INTERCEPTION_MODE": "REDIRECT", "ISTIO_META_CLUSTER_ID": "Kubernetes",
            "ISTIO_META_WORKLOAD_NAME": "bench", "ISTIO_META_MESH_ID": "cluster.local", "ISTIO_META_POD_PORTS": '[{"containerPort":8080}]',
        }


def pod_rows(processes, binaries, rounds):
    """Start to ready, memory after load, and what further services that nobody calls add to it."""
    pod = Pod(processes, binaries)
    pod.set_up()
    times = []
    for _ in range(2 * rounds.count + 1):
        pid, milliseconds = pod.start()
        times.append(milliseconds)
        pod.stop(pid)
    yield Outcome.of(Figure("start", "process start to ready, control plane up, 100 services", "ms", 300, 100, has_rival=False, digits=0), times[1:])
    few = _loaded(pod, rounds)
    yield Outcome.of(Figure("memory", "whole sidecar process after load, 100 services", "MB Pss", 40, 20, has_rival=False), few)
    pod.add_services(2000)
    many = _loaded(pod, rounds)
    yield Outcome.of(Figure("memory-services", "each further 1,000 services, not called", "MB Pss", 5, 1, has_rival=False),
                     [(median(many) - median(few)) / 2])


def _loaded(pod, rounds, times=3):
    found = []
    for _ in range(times):
        pid, _ = pod.start()
        wait(pod.knows_all, "the sidecar to know every service", pause=0.5)
        load.saturate(80, 64, rounds.seconds, host=VIRTUAL, name="svc-0.default")
        time.sleep(2)
        found.append(pss_mb(pid))
        pod.stop(pid)
    return found


def _is_ready():
    return _ready(15021, "/healthz/ready")


def _ready(port, path):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False


def _pod(name, labels, address):
    return {"metadata": {"name": name, "namespace": "default", "labels": {**labels, "security.istio.io/tlsMode": "istio"}},
            "spec": {"serviceAccountName": "bench", "nodeName": "", "containers": [{"name": "app", "ports": [{"containerPort": APPLICATION, "protocol": "TCP"}]}]},
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": [{"type": "Ready", "status": "True"}]}}


def _service(i):
    address = f"10.96.{i >> 8}.{i & 255}"
    return {"metadata": {"name": f"svc-{i}", "namespace": "default"},
            "spec": {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address], "selector": {"app": f"svc-{i}"},
                     "ports": [{"name": "http", "port": 80, "targetPort": APPLICATION, "protocol": "TCP"}]}}


def _slice(i, pods, addresses):
    return {"metadata": {"name": f"svc-{i}-1", "namespace": "default", "labels": {"kubernetes.io/service-name": f"svc-{i}"}},
            "addressType": "IPv4", "ports": [{"name": "http", "port": APPLICATION, "protocol": "TCP"}],
            "endpoints": [{"addresses": [a], "conditions": {"ready": True}, "targetRef": {"kind": "Pod", "name": p, "namespace": "default"}}
                          for p, a in zip(pods, addresses)]}
