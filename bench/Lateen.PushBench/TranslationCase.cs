using System.Globalization;
using System.Text;

namespace Lateen.PushBench;

/// <summary>What the translation of a case is given: objects as YAML, made for each of a number of services.</summary>
/// <param name="Name">As in the reference's own benchmark of pushes (`pilot/pkg/xds/bench_test.go`), so that figures can be set side by side.</param>
/// <param name="IsGateway">For a gateway in place of a sidecar.</param>
/// <param name="Each">The objects of one service.</param>
/// <param name="Once">Objects that there is one of.</param>
internal sealed record TranslationCase(string Name, int Services, bool IsGateway, Func<int, string> Each, string Once = "")
{
    /// <summary>All cases, in the order in which they are printed.</summary>
    public static IReadOnlyList<TranslationCase> All { get; } =
    [
        new("gateways", 1000, true, s => Entry(s, "http", 80) + GatewayOf($"gw-{s}", $"svc-{s}.example.com") + GatewayRoute(s, $"gw-{s}", $"svc-{s}.example.com", "/")),
        new("gateways-shared", 1000, true, s => Entry(s, "http", 80) + GatewayRoute(s, "shared", "shared.example.com", $"/svc-{s}"), GatewayOf("shared", "shared.example.com")),
        new("http", 100, false, s => Service(s, "http-web")),
        new("tcp", 100, false, s => Service(s, "tcp-db")),
        new("auto", 100, false, s => Service(s, "web")),
        new("virtualservice", 100, false, s => Service(s, "http-web") + VirtualService(s)),
        new("destinationrule", 100, false, s => Service(s, "http-web") + DestinationRule(s)),
        new("authorizationpolicy", 100, false, s => Service(s, "http-web") + AuthorizationPolicy(s)),
        new("peerauthentication", 100, false, s => Service(s, "http-web") + PeerAuthentication(s)),
        new("telemetry", 100, false, s => Service(s, "http-web"), Telemetry),
        new("serviceentry", 100, false, s => Entry(s, "http", 80) + Entry(s, "tcp", 9000)),
        new("endpoints-1/100", 100, false, s => EntryWith(s, 1)),
        new("endpoints-10/10", 10, false, s => EntryWith(s, 10)),
        new("endpoints-100/10", 10, false, s => EntryWith(s, 100)),
        new("endpoints-1000/1", 1, false, s => EntryWith(s, 1000)),
    ];

    /// <summary>The whole text.</summary>
    public string Yaml()
    {
        var text = new StringBuilder(Once);
        for (var s = 0; s < Services; s++)
        {
            text.Append(Each(s));
        }

        return text.ToString();
    }

    private const string Telemetry = """
        ---
        apiVersion: telemetry.istio.io/v1alpha1
        kind: Telemetry
        metadata: {name: mesh, namespace: istio-system}
        spec: {metrics: [{providers: [{name: prometheus}], overrides: [{match: {metric: ALL_METRICS}, tagOverrides: {request_host: {value: request.host}}}]}]}

        """;

    private static string Service(int s, string port) => F($"""
        ---
        apiVersion: v1
        kind: Service
        metadata: {"{"}name: svc-{s}, namespace: default{"}"}
        spec: {"{"}clusterIP: 10.96.{s >> 8}.{s & 255}, selector: {"{"}app: svc-{s}{"}"}, ports: [{"{"}name: {port}, port: 80, targetPort: 8080{"}"}]{"}"}

        """);

    private static string Entry(int s, string protocol, int port) => F($"""
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: ServiceEntry
        metadata: {"{"}name: {protocol}-{s}, namespace: default{"}"}
        spec:
          hosts: [{protocol}-{s}.example.com]
          addresses: [240.0.{port >> 8}.{s & 255}]
          location: MESH_INTERNAL
          resolution: STATIC
          ports: [{"{"}number: {port}, name: {protocol}, protocol: {protocol.ToUpperInvariant()}{"}"}]
          endpoints: [{"{"}address: 10.1.{s >> 8}.{s & 255}, labels: {"{"}version: v1{"}"}{"}"}]

        """);

    private static string EntryWith(int s, int endpoints) => F($"""
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: ServiceEntry
        metadata: {"{"}name: foo-{s}, namespace: default{"}"}
        spec:
          hosts: [foo-{s}.com]
          resolution: STATIC
          ports: [{"{"}number: 80, name: http-port, protocol: HTTP{"}"}]
          endpoints: [{string.Join(", ", Enumerable.Range(0, endpoints).Select(e => F($"{"{"}address: 111.0.{e >> 8}.{e & 255}{"}"}")))}]

        """);

    private static string GatewayOf(string name, string host) => F($"""
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: Gateway
        metadata: {"{"}name: {name}, namespace: default{"}"}
        spec:
          selector: {"{"}istio: ingressgateway{"}"}
          servers:
          - {"{"}port: {"{"}number: 443, name: https-{name}, protocol: HTTPS{"}"}, hosts: [{host}], tls: {"{"}mode: SIMPLE, credentialName: {name}{"}"}{"}"}

        """);

    private static string GatewayRoute(int s, string gateway, string host, string path) => F($"""
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: VirtualService
        metadata: {"{"}name: svc-{s}, namespace: default{"}"}
        spec:
          hosts: [{host}]
          gateways: [{gateway}]
          http: [{"{"}match: [{"{"}uri: {"{"}prefix: {path}{"}"}{"}"}], route: [{"{"}destination: {"{"}host: http-{s}.example.com, port: {"{"}number: 80{"}"}{"}"}{"}"}]{"}"}]

        """);

    private static string VirtualService(int s) => F($"""
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: VirtualService
        metadata: {"{"}name: svc-{s}, namespace: default{"}"}
        spec:
          hosts: [svc-{s}]
          http:
          - {"{"}match: [{"{"}headers: {"{"}cookie: {"{"}regex: "^(.*?;)?(user=jason)(;.*)?"{"}"}{"}"}{"}"}], route: [{"{"}destination: {"{"}host: svc-{s}{"}"}{"}"}], retries: {"{"}attempts: 3, perTryTimeout: 2s{"}"}{"}"}
          - {"{"}fault: {"{"}delay: {"{"}percentage: {"{"}value: 0.1{"}"}, fixedDelay: 5s{"}"}{"}"}, route: [{"{"}destination: {"{"}host: svc-{s}{"}"}, weight: 75{"}"}, {"{"}destination: {"{"}host: svc-{(s + 1) % 100}{"}"}, weight: 25{"}"}]{"}"}

        """);

    private static string DestinationRule(int s) => F($"""
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: DestinationRule
        metadata: {"{"}name: svc-{s}, namespace: default{"}"}
        spec:
          host: svc-{s}
          trafficPolicy: {"{"}tls: {"{"}mode: ISTIO_MUTUAL{"}"}, connectionPool: {"{"}tcp: {"{"}maxConnections: 100{"}"}{"}"}, outlierDetection: {"{"}consecutive5xxErrors: 7, interval: 5m{"}"}{"}"}
          subsets: [{"{"}name: v1, labels: {"{"}version: v1{"}"}{"}"}]

        """);

    private static string AuthorizationPolicy(int s) => F($"""
        ---
        apiVersion: security.istio.io/v1beta1
        kind: AuthorizationPolicy
        metadata: {"{"}name: policy-{s}, namespace: default{"}"}
        spec:
          rules:
          - from: [{"{"}source: {"{"}principals: ["cluster.local/ns/default/sa/client-{s}"], namespaces: [ns-{s}]{"}"}{"}"}]
            to: [{"{"}operation: {"{"}methods: [GET, POST], paths: ["/api/{s}/*"]{"}"}{"}"}]
            when: [{"{"}key: "request.headers[version]", values: [v1, v2]{"}"}]

        """);

    private static string PeerAuthentication(int s) => F($"""
        ---
        apiVersion: security.istio.io/v1beta1
        kind: PeerAuthentication
        metadata: {"{"}name: svc-{s}, namespace: default{"}"}
        spec: {"{"}selector: {"{"}matchLabels: {"{"}app: svc-{s}{"}"}{"}"}, mtls: {"{"}mode: STRICT{"}"}, portLevelMtls: {"{"}8080: {"{"}mode: PERMISSIVE{"}"}{"}"}{"}"}

        """);

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
