using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Decoding;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Files;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Watch;
using Lateen.Model.Mesh;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lateen.Tests.ControlPlane.Discovery;

/// <summary>A mesh that changes at random: every kind of object is created, changed and deleted, out of few names so that they meet.</summary>
internal sealed class RandomMesh(int seed)
{
    private static readonly string[] Namespaces = ["a", "b", "istio-system"];

    // Its Gateway is not Istio's.
    private const string GatewayApi = "gateway-api ";

    private readonly Random _random = new(seed);
    private readonly ObjectReaders _readers = new("cluster.local", "Kubernetes", "istio-system", "default", new Lateen.ControlPlane.Debug.EventCounters(), NullLogger.Instance);
    private readonly Dictionary<(string Kind, string Namespace, string Name), JsonObject> _objects = [];
    private readonly MeshState _state = NewState();
    private long _version;

    /// <summary>What the last edit was, for messages.</summary>
    public string LastEdit { get; private set; } = "";

    /// <summary>Makes one edit and builds on from the state before.</summary>
    public MeshUpdate Edit()
    {
        var (kind, ns, name) = Target();
        if (kind != "ConfigMap" && _objects.ContainsKey((kind, ns, name)) && _random.Next(4) == 0)
        {
            LastEdit = $"delete {kind} {ns}/{name}";
            _objects.Remove((kind, ns, name));
            Delete(_state, kind, ns, name);
        }
        else
        {
            var yaml = Yaml(kind, ns, name);
            LastEdit = $"apply {kind} {ns}/{name}\n{yaml}";
            var value = Value(yaml);
            value["metadata"]!["generation"] = ++_version;
            value["metadata"]!["resourceVersion"] = _version.ToString(CultureInfo.InvariantCulture);
            value["metadata"]!["uid"] = $"{kind}/{name}";
            value["metadata"]!["creationTimestamp"] = $"2024-01-0{1 + (name.Length + kind.Length) % 5}T00:00:00Z";
            if (!IsGood(kind, value))
            {
                // The last good version would stay in force, of which a control plane that starts now knows nothing.
                return Edit();
            }

            _objects[(kind, ns, name)] = value;
            Apply(_state, kind, value);
        }

        return _state.Build();
    }

    /// <summary>Builds everything anew from the objects as they are.</summary>
    public Lateen.Model.MeshSnapshot Fresh()
    {
        var state = NewState();
        foreach (var ((kind, _, _), value) in _objects)
        {
            Apply(state, kind, (JsonObject)value.DeepClone());
        }

        return state.Build().Snapshot;
    }

    private static bool IsGood(string kind, JsonObject value) =>
        IsGatewayApi(value["apiVersion"]!.GetValue<string>())
        || !Lateen.Config.Decoding.Istio.IstioDecoder.Knows(value["apiVersion"]!.GetValue<string>().Split('/')[0], kind)
        || IstioResource.Read((JsonObject)value.DeepClone()).Problems.All(problem => problem.Severity != ProblemSeverity.Error);

    private static bool IsGatewayApi(string apiVersion) => apiVersion.StartsWith("gateway.networking.k8s.io/", StringComparison.Ordinal);

    private static MeshState NewState() => new("cluster.local", "Kubernetes", ControlPlaneSettings.Default);

    private static JsonObject Value(string yaml) =>
        (JsonObject)JsonNode.Parse(JsonTree.ToJson(ConfigText.Read(yaml, null, "default", []).Single().Node)!.ToJsonString())!;

    private void Apply(MeshState state, string kind, JsonObject value)
    {
        var change = kind switch
        {
            "Service" => _readers.Service(value),
            "Pod" => _readers.Pod(value),
            "EndpointSlice" => ObjectReaders.Slice(value),
            "Namespace" => ObjectReaders.Namespace(value),
            "Node" => ObjectReaders.Node(value),
            "Ingress" => ObjectReaders.Ingress(value),
            "IngressClass" => ObjectReaders.IngressClass(value),
            "ConfigMap" => _readers.ConfigMap(value),
            _ when IsGatewayApi(value["apiVersion"]!.GetValue<string>()) => ObjectReaders.GatewayApi(kind[GatewayApi.Length..], value),
            _ => _readers.Resource(value),
        };
        change(state);
    }

    private static void Delete(MeshState state, string kind, string ns, string name)
    {
        var key = new ObjectKey(ns, name);
        switch (kind)
        {
            case "Service":
                state.DeleteService(key);
                break;
            case "Pod":
                state.DeletePod(key);
                break;
            case "EndpointSlice":
                state.DeleteSlice(key);
                break;
            case "Namespace":
                state.DeleteNamespace(name);
                break;
            case "Node":
                state.DeleteNode(name);
                break;
            case "Ingress":
                state.Ingresses.Delete(key);
                break;
            case "IngressClass":
                state.Ingresses.DeleteClass(name);
                break;
            case var _ when kind.StartsWith(GatewayApi, StringComparison.Ordinal):
                state.KubernetesGateways.Delete(kind[GatewayApi.Length..], key);
                break;
            default:
                state.DeleteResource(new ResourceName(kind, ns, name));
                break;
        }
    }

    private (string Kind, string Namespace, string Name) Target()
    {
        var ns = Namespaces[_random.Next(Namespaces.Length)];
        var two = _random.Next(2);
        return _random.Next(32) switch
        {
            0 or 1 or 2 => ("Service", ns, $"s{_random.Next(4)}"),
            3 or 4 or 5 => ("EndpointSlice", ns, $"s{_random.Next(4)}-x{two}"),
            6 or 7 or 8 => ("Pod", ns, $"p{_random.Next(5)}"),
            9 => ("Node", "", $"n{two}"),
            10 => ("Namespace", "", ns),
            11 or 12 => ("VirtualService", ns, $"vs{_random.Next(4)}"),
            13 or 14 => ("DestinationRule", ns, $"dr{_random.Next(3)}"),
            15 => ("Gateway", ns, $"gw{two}"),
            16 => ("ServiceEntry", ns, $"se{_random.Next(3)}"),
            17 => ("Sidecar", ns, $"sc{two}"),
            18 => ("WorkloadEntry", ns, $"we{two}"),
            19 => ("EnvoyFilter", ns, $"ef{two}"),
            20 => (Pick("PeerAuthentication", "RequestAuthentication", "AuthorizationPolicy"), ns, $"sec{two}"),
            21 => (Pick("Telemetry", "WasmPlugin", "ProxyConfig"), ns, $"ext{two}"),
            22 => ("Pod", ns, $"p{_random.Next(5)}"),
            23 => ("Ingress", ns, $"in{_random.Next(3)}"),
            24 => ("IngressClass", "", "mesh"),
            25 => (GatewayApi + "Gateway", ns, $"kgw{two}"),
            26 or 27 or 28 => (GatewayApi + "HTTPRoute", ns, $"hr{_random.Next(4)}"),
            29 => (GatewayApi + Pick("TCPRoute", "TLSRoute"), ns, $"l4{two}"),
            30 => two == 0 ? (GatewayApi + "ReferenceGrant", ns, "rg") : (GatewayApi + "GatewayClass", "", "istio"),
            _ => _random.Next(4) == 0 ? ("ConfigMap", "istio-system", "istio") : ("EndpointSlice", ns, $"s{_random.Next(4)}-x{two}"),
        };
    }

    private string Pick(params string[] choices) => choices[_random.Next(choices.Length)];

    private string Host() => Pick("s0", "s1", "s2.b.svc.cluster.local", "s3.a.svc.cluster.local", "ext.example.com", "*.example.com");

    private string Label() => Pick("{app: s0}", "{app: s1}", "{app: s2, version: v1}", "{version: v2}", "{app: gw}");

    private string ExportTo() => Pick("", "", "", "exportTo: [\".\"]", "exportTo: [b]", "exportTo: [\"*\"]");

    private static string Ip(string ns, string pod) => $"10.{Array.IndexOf(Namespaces, ns) + 1}.0.{pod[^1] - '0' + 1}";

    private string Yaml(string kind, string ns, string name) => kind switch
    {
        "Namespace" => $"{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {{x: {Pick("a", "b")}}}}}}}",
        "Node" => $"{{apiVersion: v1, kind: Node, metadata: {{name: {name}, labels: {{topology.kubernetes.io/region: {Pick("r1", "r2")}, topology.kubernetes.io/zone: z1}}}}}}",
        "Service" => Object("v1", kind, ns, name, $"""
            spec:
              type: ClusterIP
              clusterIP: {Pick("10.96.0." + (name[^1] - '0' + 1), "10.96.0." + (name[^1] - '0' + 1), "None")}
              {Pick($"selector: {{app: {name}}}", $"selector: {{app: {name}}}", $"selector: {{app: {name}, version: v1}}", "")}
              {Pick("", "", "internalTrafficPolicy: Local")}
              ports:
                - {Pick("{name: http, port: 80, targetPort: 8080}", "{name: http, port: 80, targetPort: named}", "{name: grpc, port: 80, targetPort: 8080}")}
                - {Pick("{name: tcp, port: 9090, targetPort: 9090}", "{name: other, port: 9090, targetPort: 9090}", "{name: mongo, port: 9090, targetPort: 9090}")}
            """, Pick("", "", "networking.istio.io/exportTo: b")),
        "Pod" => Object("v1", kind, ns, name, $"""
            spec:
              nodeName: {Pick("n0", "n1", "")}
              serviceAccountName: {Pick("default", "other")}
              containers: [{"{"}name: c, ports: [{"{"}name: named, containerPort: {Pick("8080", "8081")}{"}"}]{"}"}]
            status:
              podIP: {Ip(ns, name)}
              podIPs: [{"{"}ip: {Ip(ns, name)}{"}"}]
              conditions: [{"{"}type: Ready, status: "{Pick("True", "True", "False")}"{"}"}]
            """, "", $"app: {Pick("s0", "s1", "s2", "gw")}, version: {Pick("v1", "v2")}, {Pick("security.istio.io/tlsMode: istio", "x: y")}"),
        "EndpointSlice" => Object("discovery.k8s.io/v1", kind, ns, name, $"""
            addressType: IPv4
            ports:
              - {"{"}name: {Pick("http", "http", "grpc")}, port: 8080, protocol: TCP{"}"}
              - {"{"}name: {Pick("tcp", "other", "mongo")}, port: 9090, protocol: TCP{"}"}
            endpoints: [{string.Join(", ", Enumerable.Range(0, _random.Next(4)).Select(_ => SliceEndpoint(ns)))}]
            """, "", $"kubernetes.io/service-name: {name[..2]}"),
        "ConfigMap" => Object("v1", kind, ns, name, $"""
            data:
              mesh: |
                accessLogFile: {Pick("/dev/stdout", "\"\"")}
                outboundTrafficPolicy: {"{"}mode: {Pick("ALLOW_ANY", "REGISTRY_ONLY")}{"}"}
                {Pick("enableAutoMtls: false", "enableAutoMtls: true", "trustDomain: other.domain", "defaultServiceExportTo: [\".\"]")}
            """),
        "VirtualService" => VirtualService(ns, name),
        "DestinationRule" => Istio(kind, ns, name, $"""
              host: "{Host()}"
              {ExportTo()}
              {Pick("", "", $"workloadSelector: {{matchLabels: {Label()}}}")}
              trafficPolicy:
                loadBalancer: {Pick("{simple: ROUND_ROBIN}", "{consistentHash: {httpHeaderName: x}}", "{consistentHash: {useSourceIp: true}}")}
                {Pick("", "tls: {mode: DISABLE}", "tls: {mode: ISTIO_MUTUAL}", "connectionPool: {tcp: {maxConnections: 7}}")}
              subsets: [{Pick("", "{name: v1, labels: {version: v1}}", "{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}, trafficPolicy: {loadBalancer: {simple: RANDOM}}}")}]
            """),
        "Gateway" => Istio(kind, ns, name, $"""
              selector: {Pick("{app: gw}", "{istio: ingressgateway}")}
              servers:
                - port: {"{"}number: {Pick("80", "8080")}, name: http, protocol: HTTP{"}"}
                  hosts: ["{Pick("*", "ext.example.com", "a/*")}"]
                {Pick("", "", "- {port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ['*.cluster.local']}")}
            """),
        "IngressClass" => $"{{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {{name: {name}}}, spec: {{controller: {Pick("istio.io/ingress-controller", "istio.io/ingress-controller", "other")}}}}}",
        "Ingress" => Object("networking.k8s.io/v1", kind, ns, name, $"""
            spec:
              {Pick("ingressClassName: mesh", "ingressClassName: mesh", "ingressClassName: other")}
              {Pick("", "tls: [{hosts: [x.example.com], secretName: cert}]")}
              rules:
                - host: {Pick("x.example.com", "y.example.com")}
                  http: {"{"}paths: [{"{"}path: {Pick("/", "/a")}, pathType: {Pick("Prefix", "Exact")}, backend: {"{"}service: {"{"}name: {Pick("s0", "s1")}, port: {Pick("{number: 80}", "{name: http}", "{name: grpc}")}{"}"}{"}"}{"}"}]{"}"}
            """),
        _ when kind.StartsWith(GatewayApi, StringComparison.Ordinal) => KubernetesGatewayYaml(kind[GatewayApi.Length..], ns, name),
        "ServiceEntry" => ServiceEntry(ns, name),
        "Sidecar" => Istio(kind, ns, name, $"""
              {Pick("", $"workloadSelector: {{labels: {Label()}}}")}
              {Pick("", "outboundTrafficPolicy: {mode: REGISTRY_ONLY}")}
              egress:
                - hosts: [{Pick("\"./*\"", "\"b/*\"", "\"*/s1.b.svc.cluster.local\", \"./*\"", "\"*/*\"")}]
            """),
        "WorkloadEntry" => Istio(kind, ns, name, $"""
              address: 10.9.0.{_random.Next(1, 4)}
              labels: {Label()}
              {Pick("", "serviceAccount: other")}
            """),
        "EnvoyFilter" => Istio(kind, ns, name, $"""
              {Pick("", $"workloadSelector: {{labels: {Label()}}}")}
              configPatches:
                - applyTo: CLUSTER
                  match: {"{"}context: SIDECAR_OUTBOUND{"}"}
                  patch: {"{"}operation: MERGE, value: {"{"}connect_timeout: {_random.Next(1, 9)}s{"}"}{"}"}
            """, "v1alpha3"),
        "PeerAuthentication" => Security(kind, ns, name, $"""
              {Pick("", $"selector: {{matchLabels: {Label()}}}")}
              mtls: {"{"}mode: {Pick("STRICT", "PERMISSIVE", "DISABLE")}{"}"}
            """),
        "RequestAuthentication" => Security(kind, ns, name, $"""
              selector: {"{"}matchLabels: {Label()}{"}"}
              jwtRules: [{"{"}issuer: i{_random.Next(3)}, jwks: '{"{"}"keys":[]{"}"}'{"}"}]
            """),
        "AuthorizationPolicy" => Security(kind, ns, name, $"""
              {Pick("", $"selector: {{matchLabels: {Label()}}}")}
              action: {Pick("ALLOW", "DENY")}
              rules: [{"{"}to: [{"{"}operation: {"{"}methods: ["{Pick("GET", "POST")}"]{"}"}{"}"}]{"}"}]
            """),
        "Telemetry" => Object("telemetry.istio.io/v1alpha1", kind, ns, name, $"""
            spec:
              {Pick("", $"selector: {{matchLabels: {Label()}}}")}
              accessLogging: [{"{"}providers: [{"{"}name: envoy{"}"}], disabled: {Pick("true", "false")}{"}"}]
            """),
        "WasmPlugin" => Object("extensions.istio.io/v1alpha1", kind, ns, name, $"""
            spec:
              selector: {"{"}matchLabels: {Label()}{"}"}
              url: oci://x/y:{Pick("1", "2")}
            """),
        _ => Istio(kind, ns, name, $"  concurrency: {_random.Next(1, 5)}"),
    };

    private string KubernetesGatewayYaml(string kind, string ns, string name) => kind switch
    {
        "GatewayClass" => Object("gateway.networking.k8s.io/v1beta1", kind, ns, name, $"spec: {{controllerName: {Pick("istio.io/gateway-controller", "istio.io/gateway-controller", "other")}}}"),
        "ReferenceGrant" => Object("gateway.networking.k8s.io/v1beta1", kind, ns, name, $$"""
            spec:
              from: [{group: gateway.networking.k8s.io, kind: {{Pick("HTTPRoute", "TCPRoute")}}, namespace: {{Pick("a", "b")}}}]
              to: [{group: "", kind: Service{{Pick("", ", name: s1")}}}]
            """),
        "Gateway" => Object("gateway.networking.k8s.io/v1beta1", kind, ns, name, $$"""
            spec:
              gatewayClassName: {{Pick("istio", "istio", "other")}}
              addresses: [{type: Hostname, value: {{Pick("s0", "s2", "s0.istio-system.svc.cluster.local")}}}]
              listeners:
                - name: http
                  port: 80
                  protocol: HTTP
                  {{Pick("", "hostname: '*.example.com'")}}
                  allowedRoutes: {namespaces: {{Pick("{from: All}", "{from: Same}", "{from: Selector, selector: {matchLabels: {x: a}}}")}}}
                - {name: tcp, port: {{Pick("9090", "9091")}}, protocol: {{Pick("TCP", "TLS, tls: {mode: Passthrough}")}}, allowedRoutes: {namespaces: {from: All} } }
            """),
        "HTTPRoute" => Object("gateway.networking.k8s.io/v1beta1", kind, ns, name, $$"""
            spec:
              parentRefs: [{{Parents()}}]
              {{Pick("", "hostnames: [x.example.com]", "hostnames: [x.example.com, y.example.com]")}}
              rules:
                - matches: [{{Pick("{path: {type: Exact, value: /e}}", "{path: {value: /p/}}", "{headers: [{name: X, value: y}]}", "{path: {value: /p}}, {method: GET}")}}]
                  filters: [{{Pick("", "{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}]}}", "{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /q}}}")}}]
                  backendRefs: [{{Pick("{name: s0, port: 80}", "{name: s1, port: 80, weight: 3}, {name: s2, port: 80}", "{name: s1, namespace: b, port: 80}", "")}}]
                - backendRefs: [{{Pick("{name: s0, port: 9090}", "{name: s3, port: 80, weight: 0}")}}]
            """),
        _ => Object("gateway.networking.k8s.io/v1alpha2", kind, ns, name, $$"""
            spec:
              parentRefs: [{{Parents()}}]
              {{(kind == "TLSRoute" ? Pick("", "hostnames: [x.example.com]") : "")}}
              rules: [{backendRefs: [{name: {{Pick("s0", "s1")}}, namespace: {{Pick("a", "b")}}, port: 9090}]}]
            """),
    };

    private string Parents() => Pick(
        "{name: kgw0}", "{name: kgw0, namespace: istio-system}", "{name: kgw1, namespace: istio-system, sectionName: http}", "{group: '', kind: Service, name: s0}",
        "{group: '', kind: Service, name: s1, port: 80}, {name: kgw0, namespace: istio-system}", "{group: '', kind: Service, name: s2, namespace: b}");

    private string SliceEndpoint(string ns)
    {
        var pod = $"p{_random.Next(5)}";
        return $"{{addresses: [{Ip(ns, pod)}], conditions: {{ready: {Pick("true", "true", "false")}}}, nodeName: n0, targetRef: {{kind: Pod, name: {pod}}}}}";
    }

    private string VirtualService(string ns, string name) => _random.Next(6) switch
    {
        0 => Istio("VirtualService", ns, name, $"""
              http: [{"{"}name: delegated, route: [{"{"}destination: {"{"}host: {Pick("s0", "s1")}{"}"}{"}"}]{"}"}]
            """),
        1 => Istio("VirtualService", ns, name, $"""
              hosts: ["{Pick("s0", "s1", "s2.b.svc.cluster.local")}"]
              {ExportTo()}
              tcp: [{"{"}match: [{"{"}port: 9090{Pick("", ", sourceLabels: {app: s1}")}{"}"}], route: [{"{"}destination: {"{"}host: {Pick("s1", "s2")}, port: {"{"}number: 9090{"}"}{"}"}{"}"}]{"}"}]
            """),
        2 => Istio("VirtualService", ns, name, $"""
              hosts: ["root.example.com"]
              http: [{"{"}delegate: {"{"}name: vs{_random.Next(4)}, namespace: {Pick("a", "b")}{"}"}{"}"}]
            """),
        _ => Istio("VirtualService", ns, name, $"""
              hosts: ["{Host()}"]
              gateways: [{Pick("mesh", "mesh", "a/gw0", "mesh, b/gw1")}]
              {ExportTo()}
              http:
                - match: [{Pick("{uri: {prefix: /x}}", "{sourceLabels: {app: s1}}", "{headers: {x: {exact: y}}}")}]
                  route: [{"{"}destination: {"{"}host: "{Pick("s0", "s3.a.svc.cluster.local", "ext.example.com")}", subset: v1{"}"}{"}"}]
                - route: [{"{"}destination: {"{"}host: "{Pick("s1", "s2.b.svc.cluster.local", "nowhere")}"{"}"}{"}"}]
                  timeout: {_random.Next(1, 9)}s
            """),
    };

    private string ServiceEntry(string ns, string name) => Istio("ServiceEntry", ns, name, $"""
          hosts: ["{Pick("ext.example.com", "*.example.com", "other.example.com", "s0.a.svc.cluster.local")}"]
          {ExportTo()}
          location: {Pick("MESH_EXTERNAL", "MESH_INTERNAL")}
          ports: [{"{"}number: {Pick("80", "9090")}, name: p, protocol: {Pick("HTTP", "TCP", "TLS")}{"}"}]
          {Pick("resolution: NONE", "resolution: DNS", "resolution: STATIC\n  endpoints: [{address: 10.8.0.1, labels: {version: v1}}]", "resolution: STATIC\n  workloadSelector: {labels: {app: s1}}", "addresses: [10.7.0.0/24]\n  resolution: NONE")}
        """);

    private static string Istio(string kind, string ns, string name, string spec, string version = "v1beta1") =>
        Object($"networking.istio.io/{version}", kind, ns, name, "spec:\n" + Indented(spec));

    private static string Security(string kind, string ns, string name, string spec) =>
        Object("security.istio.io/v1beta1", kind, ns, name, "spec:\n" + Indented(spec));

    // Choices that came out empty leave blank lines; what follows a line break inside a choice is indented by its author.
    private static string Indented(string spec) => string.Join('\n', spec.Split('\n').Where(line => line.Trim().Length > 0).Select(line => "  " + line));

    private static string Object(string version, string kind, string ns, string name, string rest, string annotation = "", string labels = "") =>
        $$"""
        apiVersion: {{version}}
        kind: {{kind}}
        metadata:
          name: {{name}}
          namespace: {{ns}}
          annotations: {{{annotation}}}
          labels: {{{labels}}}

        """ + string.Join('\n', rest.Split('\n').Where(line => line.Trim().Length > 0));
}
