"""The sidecar's configuration as a control plane would send it: a hundred services, each with a canary route and the default retry policy."""
import json
import os

TYPE = "type.googleapis.com/"


def write(folder, name, port, target, mode="http", http2=False, log=None, tls_down=None, tls_up=None, services=100):
    """The resources of one listener on a port of its own, for `lateen-agent proxy --xds-file`; returns the file's path."""
    resources = [_listener(port, mode, log, tls_down), _routes(services)]
    for i in range(services):
        resources += [_cluster(i, http2, tls_up), _endpoints(i, target)]
    path = os.path.join(folder, name + ".json")
    with open(path, "w") as f:
        json.dump({"resources": resources}, f)
    return path


def environment(ports):
    """What keeps sidecars of one host apart; `ports` are four free ones."""
    admin, status, health, prometheus = ports
    return {
        "PROXY_CONFIG": json.dumps({"concurrency": 1, "proxyAdminPort": admin, "statusPort": status, "terminationDrainDuration": "0.01s"}),
        "ENVOY_STATUS_PORT": str(health),
        "ENVOY_PROMETHEUS_PORT": str(prometheus),
        "POD_NAME": "bench-5d9c7b8f6-abcde", "POD_NAMESPACE": "default", "SERVICE_ACCOUNT": "bench", "INSTANCE_IP": "127.0.0.1",
        "ISTIO_META_WORKLOAD_NAME": "bench", "ISTIO_META_CLUSTER_ID": "Kubernetes", "ISTIO_META_MESH_ID": "cluster.local",
        "ISTIO_METAJSON_LABELS": json.dumps({"app": "bench", "version": "v1"}),
    }


def _name(i):
    return f"outbound|8080||service-{i}.default.svc.cluster.local"


def _cluster(i, http2, tls):
    cluster = {
        "@type": TYPE + "envoy.config.cluster.v3.Cluster", "name": _name(i), "type": "EDS", "lbPolicy": "LEAST_REQUEST", "connectTimeout": "10s",
        "edsClusterConfig": {"serviceName": _name(i), "edsConfig": {"ads": {}}},
        "circuitBreakers": {"thresholds": [
            {key: 4294967295 for key in ("maxConnections", "maxPendingRequests", "maxRequests", "maxRetries")}]},
        "metadata": {"filterMetadata": {"istio": {"services": [
            {"host": f"service-{i}.default.svc.cluster.local", "name": f"service-{i}", "namespace": "default"}]}}},
    }
    if http2:
        cluster["typedExtensionProtocolOptions"] = {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": TYPE + "envoy.extensions.upstreams.http.v3.HttpProtocolOptions", "explicitHttpConfig": {"http2ProtocolOptions": {}}}}
    if tls:
        cluster["transportSocket"] = _tls("UpstreamTlsContext", tls, {"sni": f"outbound_.8080_._.service-{i}.default.svc.cluster.local"})
    return cluster


def _tls(kind, folder, more):
    common = {
        "tlsParams": {"tlsMinimumProtocolVersion": "TLSv1_3"},
        "tlsCertificates": [{"certificateChain": {"filename": f"{folder}/cert.pem"}, "privateKey": {"filename": f"{folder}/key.pem"}}],
        "validationContext": {
            "trustedCa": {"filename": f"{folder}/ca.pem"},
            "matchTypedSubjectAltNames": [{"sanType": "URI", "matcher": {"prefix": "spiffe://cluster.local/"}}]},
    }
    return {"name": "envoy.transport_sockets.tls", "typedConfig": {
        "@type": TYPE + "envoy.extensions.transport_sockets.tls.v3." + kind, "commonTlsContext": common, **more}}


def _endpoints(i, target):
    return {
        "@type": TYPE + "envoy.config.endpoint.v3.ClusterLoadAssignment", "clusterName": _name(i),
        "endpoints": [{"lbEndpoints": [{"endpoint": {"address": {"socketAddress": {"address": "127.0.0.1", "portValue": target}}}}]}],
    }


def _routes(services):
    hosts = []
    for i in range(services):
        def forward(match):
            return {
                "name": "default", "match": {"prefix": "/", **match}, "decorator": {"operation": f"service-{i}.default.svc.cluster.local:8080/*"},
                "route": {"cluster": _name(i), "timeout": "0s", "retryPolicy": {
                    "retryOn": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes", "numRetries": 2,
                    "retryHostPredicate": [{"name": "envoy.retry_host_predicates.previous_hosts", "typedConfig": {
                        "@type": TYPE + "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"}}],
                    "hostSelectionRetryMaxAttempts": "5", "retriableStatusCodes": [503]}},
            }
        canary = {"headers": [{"name": "x-canary", "stringMatch": {"exact": "yes"}}]}
        hosts.append({
            "name": f"service-{i}.default.svc.cluster.local:8080", "includeRequestAttemptCount": True, "routes": [forward(canary), forward({})],
            "domains": [f"service-{i}.default.svc.cluster.local", f"service-{i}", f"service-{i}.default", f"service-{i}.default.svc", f"10.96.0.{i % 250}"]})
    hosts.append({"name": "allow_any", "domains": ["*"], "includeRequestAttemptCount": True, "routes": [
        {"name": "allow_any", "match": {"prefix": "/"}, "route": {"cluster": _name(0), "timeout": "0s"}}]})
    return {"@type": TYPE + "envoy.config.route.v3.RouteConfiguration", "name": "8080", "ignorePortInHostMatching": True, "virtualHosts": hosts}


def _listener(port, mode, log, tls):
    chain = {"filters": [_tcp() if mode == "tcp" else _http(log)]}
    if tls:
        chain["transportSocket"] = _tls("DownstreamTlsContext", tls, {"requireClientCertificate": True})
    return {
        "@type": TYPE + "envoy.config.listener.v3.Listener", "name": "bench", "filterChains": [chain],
        "address": {"socketAddress": {"address": "127.0.0.1", "portValue": port}}, "trafficDirection": "OUTBOUND"}


def _tcp():
    return {"name": "envoy.filters.network.tcp_proxy", "typedConfig": {
        "@type": TYPE + "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "statPrefix": _name(0), "cluster": _name(0)}}


def _http(log):
    # The filters that the control plane sends to a sidecar, in its order.
    peers = {"upstreamDiscovery": [{"istioHeaders": {}}, {"workloadDiscovery": {}}], "upstreamPropagation": [{"istioHeaders": {}}]}
    filters = [
        ("istio.metadata_exchange", "io.istio.http.peer_metadata.Config", peers),
        ("envoy.filters.http.grpc_stats", "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig", {"emitFilterState": True, "statsForAllMethods": False}),
        ("istio.alpn", "istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig", {"alpnOverride": [
            {"upstreamProtocol": "HTTP10", "alpnOverride": ["istio-http/1.0", "istio", "http/1.0"]},
            {"upstreamProtocol": "HTTP11", "alpnOverride": ["istio-http/1.1", "istio", "http/1.1"]},
            {"upstreamProtocol": "HTTP2", "alpnOverride": ["istio-h2", "istio", "h2"]}]}),
        ("envoy.filters.http.fault", "envoy.extensions.filters.http.fault.v3.HTTPFault", {}),
        ("envoy.filters.http.cors", "envoy.extensions.filters.http.cors.v3.Cors", {}),
        ("istio.stats", "stats.PluginConfig", {}),
        ("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router", {}),
    ]
    manager = {
        "@type": TYPE + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "statPrefix": "outbound_0.0.0.0_8080", "rds": {"routeConfigName": "8080", "configSource": {"ads": {}}}, "normalizePath": True,
        "useRemoteAddress": False, "generateRequestId": True, "streamIdleTimeout": "0s",
        "httpFilters": [{"name": name, "typedConfig": {"@type": TYPE + kind, **config}} for name, kind, config in filters],
    }
    if log:
        manager["accessLog"] = [{"name": "envoy.access_loggers.file", "typedConfig": {
            "@type": TYPE + "envoy.extensions.access_loggers.file.v3.FileAccessLog", "path": log}}]
    return {"name": "envoy.filters.network.http_connection_manager", "typedConfig": manager}
