using System.Globalization;

namespace Lateen.PushBench;

/// <summary>The Kubernetes objects of a synthetic mesh: services over twenty namespaces, each with its pods and one EndpointSlice.</summary>
internal sealed class MeshObjects(int services, int endpoints)
{
    private const int Namespaces = 20;
    private const string Created = "2024-01-01T00:00:00Z";

    /// <summary>The first two bytes of addresses that a change brings in: clients find them in what they are sent.</summary>
    public const string MarkerPrefix = "10.200.";

    public int Services { get; } = services;

    public static string Namespace(int service) => $"ns-{service % Namespaces}";

    public static string PodIp(int service, int endpoint)
    {
        var n = (service * 16) + endpoint;
        return $"10.{(n >> 16) + 1}.{(n >> 8) & 255}.{n & 255}";
    }

    public static string Marker(int change) => $"{MarkerPrefix}{change >> 8}.{change & 255}";

    /// <summary>Every object, by the plural name of its type.</summary>
    public IEnumerable<(string Plural, string Namespace, string Name, string Json)> All()
    {
        yield return ("namespaces", "", "istio-system", Meta("istio-system", "", "{}", ""));
        for (var n = 0; n < Namespaces; n++)
        {
            yield return ("namespaces", "", $"ns-{n}", Meta($"ns-{n}", "", "{}", ""));
        }

        for (var s = 0; s < Services; s++)
        {
            yield return ("services", Namespace(s), $"svc-{s}", Service(s));
            yield return ("endpointslices", Namespace(s), $"svc-{s}-1", Slice(s, null));
            for (var e = 0; e < endpoints; e++)
            {
                yield return ("pods", Namespace(s), $"svc-{s}-{e}", Pod(s, e));
            }
        }
    }

    /// <summary>The slice of a service; with a change, its last endpoint has the address that stands for the change.</summary>
    public string Slice(int service, int? change)
    {
        var items = Enumerable.Range(0, endpoints).Select(e =>
            change is { } id && e == endpoints - 1
                ? $$$"""{"addresses":["{{{Marker(id)}}}"],"conditions":{"ready":true},"targetRef":{"kind":"Pod","name":"svc-{{{service}}}-{{{e}}}"}}"""
                : $$$"""{"addresses":["{{{PodIp(service, e)}}}"],"conditions":{"ready":true},"targetRef":{"kind":"Pod","name":"svc-{{{service}}}-{{{e}}}"}}""");
        return Meta(
            $"svc-{service}-1",
            Namespace(service),
            $$$"""{"kubernetes.io/service-name":"svc-{{{service}}}"}""",
            $$$""","addressType":"IPv4","ports":[{"name":"http","port":8080,"protocol":"TCP"}],"endpoints":[{{{string.Join(',', items)}}}]""");
    }

    /// <summary>A VirtualService whose only route adds a header with the number of the change.</summary>
    public static string VirtualService(int service, int change) => Meta(
        $"svc-{service}",
        Namespace(service),
        "{}",
        $$$""","spec":{"hosts":["svc-{{{service}}}"],"http":[{"headers":{"request":{"set":{"x-bench":"{{{RouteMarker(change)}}}"} } },"route":[{"destination":{"host":"svc-{{{service}}}"} }] }] }""",
        change);

    public static string RouteMarker(int change) => string.Create(CultureInfo.InvariantCulture, $"bench-{change:000000}");

    private static string Service(int s) => Meta(
        $"svc-{s}",
        Namespace(s),
        "{}",
        $$$""","spec":{"type":"ClusterIP","clusterIP":"10.96.{{{s >> 8}}}.{{{s & 255}}}","clusterIPs":["10.96.{{{s >> 8}}}.{{{s & 255}}}"],"selector":{"app":"svc-{{{s}}}"},"ports":[{"name":"http","port":80,"targetPort":8080,"protocol":"TCP"}]}""");

    private static string Pod(int s, int e) => Meta(
        $"svc-{s}-{e}",
        Namespace(s),
        $$$"""{"app":"svc-{{{s}}}","version":"v1","pod-template-hash":"abc","security.istio.io/tlsMode":"istio"}""",
        $$$""","spec":{"serviceAccountName":"svc-{{{s}}}","nodeName":"","containers":[{"name":"app","ports":[{"containerPort":8080,"protocol":"TCP"}]}]},"status":{"phase":"Running","podIP":"{{{PodIp(s, e)}}}","podIPs":[{"ip":"{{{PodIp(s, e)}}}"}],"conditions":[{"type":"Ready","status":"True"}]}""");

    // RESOURCE_VERSION stands for what the API endpoint fills in.
    private static string Meta(string name, string ns, string labels, string rest, int generation = 1)
    {
        var place = ns.Length > 0 ? $",\"namespace\":\"{ns}\"" : "";
        return $$$"""{"metadata":{"name":"{{{name}}}"{{{place}}},"labels":{{{labels}}},"generation":{{{generation}}},"creationTimestamp":"{{{Created}}}","resourceVersion":"RESOURCE_VERSION"}{{{rest}}} }""";
    }
}
