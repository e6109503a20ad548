#!/usr/bin/env python3
"""injection.py [SECONDS] [--disturb]: how long a call of the injection webhook takes at 50 calls a second.

Brings a mesh of its own up (out/, built by scripts/build.sh), calls https://ISTIOD:15017/inject over kept-open connections as an API server
does, prints percentiles, and takes the mesh down. A call's time counts from the moment at which it was due. --disturb sends garbage, pods of
3 MB and deep nesting beside it, without a pause. Needs root.
"""
import http.client
import json
import ssl
import subprocess
import sys
import tempfile
import threading
import time

RATE = 50
LIMIT_MS = 10  # of the 99th percentile
LATEEN = "out/lateen"


def review(annotations=None):
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "web-", "namespace": "default", "labels": {"app": "web"}, "annotations": annotations or {}},
        "spec": {"containers": [{"name": "web", "image": "nginx", "ports": [{"containerPort": 80}]}]},
    }
    request = {"uid": "bench", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "namespace": "default", "operation": "CREATE", "object": pod}
    return json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})


def connect(address):
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(address, 15017, context=trust, timeout=30)


def call(connection, body):
    connection.request("POST", "/inject", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def disturb(address, stop):
    bodies = ["garbage", review({"note": "x" * (3 << 20)}), '{"a":' * 100_000]
    connection, at = connect(address), 0
    while not stop.is_set():
        try:
            call(connection, bodies[at % len(bodies)])
        except (OSError, http.client.HTTPException):
            connection.close()
        at += 1


def measure(address, seconds):
    connection, body, times = connect(address), review(), []
    status, answer = call(connection, body)
    assert status == 200 and json.loads(answer)["response"].get("patch"), answer
    start = time.monotonic()
    for i in range(seconds * RATE):
        due = start + i / RATE
        time.sleep(max(0, due - time.monotonic()))
        status, _ = call(connection, body)
        assert status == 200
        times.append((time.monotonic() - due) * 1000)
    return sorted(times)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--disturb"]
    seconds = int(arguments[0]) if arguments else 20
    with tempfile.TemporaryDirectory(prefix="lateen-bench-") as home:
        mesh = ["--home", home, "--name", "bench", "--pod-cidr", "10.201.0.0/16", "--service-cidr", "10.202.0.0/16"]
        try:
            subprocess.run([LATEEN, "up", *mesh, "--profile", "minimal", "--api-port", "0"], check=True, stdout=subprocess.DEVNULL)
            address = subprocess.run(
                ["kubectl", "--kubeconfig", f"{home}/kubeconfig", "get", "pod", "-n", "istio-system", "-l", "app=istiod", "-o", "jsonpath={.items[0].status.podIP}"],
                check=True, capture_output=True, text=True).stdout
            stop = threading.Event()
            beside = threading.Thread(target=disturb, args=(address, stop))
            if "--disturb" in sys.argv:
                beside.start()
            try:
                times = measure(address, seconds)
            finally:
                stop.set()
                if beside.is_alive():
                    beside.join()
        finally:
            subprocess.run([LATEEN, "down", "--home", home, "--name", "bench"], check=True, stdout=subprocess.DEVNULL)
    p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(f"{len(times)} calls at {RATE}/s: p50 {p50:.1f} ms, p99 {p99:.1f} ms (at most {LIMIT_MS}), longest {times[-1]:.1f} ms")


if __name__ == "__main__":
    main()
