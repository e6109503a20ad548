using System.Text;
using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Describe;

/// <summary>The DestinationRule and VirtualService that a proxy follows for one port of a service, in words.</summary>
internal sealed class RoutingDescription
{
    private static readonly (string Field, string Words)[] Policies =
    [
        ("loadBalancer", "load balancer"), ("connectionPool", "connection pool"), ("outlierDetection", "outlier detection"), ("portLevelSettings", "port level settings"),
    ];

    private readonly JsonObject _service;
    private readonly DescribedMesh _mesh;
    private readonly (string Namespace, string Name)? _ruleKey;
    private readonly (string Namespace, string Name)? _routesKey;
    private readonly JsonObject? _rule;
    private readonly JsonObject? _routes;
    private readonly string[] _matching;
    private readonly string[] _others;

    private RoutingDescription(
        JsonObject service, int port, IReadOnlyList<IReadOnlyDictionary<string, string>> labels, ConfigDump dump, DescribedMesh mesh)
    {
        (_service, _mesh) = (service, mesh);
        _ruleKey = ProxyEvidence.DestinationRule(dump, service, port);
        _routesKey = ProxyEvidence.VirtualService(dump, service, port);
        _rule = _ruleKey is { } rule ? mesh.DestinationRule(rule) : null;
        _routes = _routesKey is { } routes ? mesh.VirtualService(routes) : null;
        ILookup<bool, string> subsets = (_rule?.Spec().Objects("subsets") ?? [])
            .ToLookup(subset => labels.Any(pod => pod.IsSelectedBy(subset.At("labels").Texts())), subset => subset.Text("name"));
        (_matching, _others) = ([.. subsets[true]], [.. subsets[false]]);
    }

    public bool HasRoutes => _routes is not null;

    /// <param name="labels">Those of the service's pods.</param>
    public static RoutingDescription Of(
        JsonObject service, int port, IReadOnlyList<IReadOnlyDictionary<string, string>> labels, ConfigDump dump, DescribedMesh mesh) =>
        new(service, port, labels, dump, mesh);

    /// <param name="prefix">What stands before the first line.</param>
    public string DestinationRule(string prefix)
    {
        if (_rule is null)
        {
            return Stale(_ruleKey, "destination rule");
        }

        StringBuilder text = new($"{prefix}DestinationRule: {_mesh.NameOf(_rule)} for \"{_rule.Spec().Text("host")}\"\n");
        if (_matching.Length + _others.Length > 0)
        {
            text.Append(_matching.Length == 0 ? $"  WARNING POD DOES NOT MATCH ANY SUBSETS.  (Non matching subsets {string.Join(',', _others)})\n" : "");
            text.Append($"   Matching subsets: {string.Join(',', _matching)}\n");
            text.Append(_others.Length > 0 ? $"      (Non-matching subsets {string.Join(',', _others)})\n" : "");
        }

        if (_rule.Spec().At("trafficPolicy") is not { } policy)
        {
            return text.Append("   No Traffic Policy\n").ToString();
        }

        text.Append(policy.At("tls") is { } tls ? $"   Traffic Policy TLS Mode: {(tls.Text("mode") is { Length: > 0 } mode ? mode : "DISABLE")}\n" : "");
        string[] set = [.. Policies.Where(entry => policy.Field(entry.Field) is not null).Select(entry => entry.Words)];
        return text.Append(set.Length > 0 ? $"   {string.Join('/', set)}\n" : "").ToString();
    }

    /// <param name="prefix">What stands before the first line.</param>
    public string VirtualService(string prefix)
    {
        if (_routes is null)
        {
            return Stale(_routesKey, "virtual service");
        }

        StringBuilder text = new($"{prefix}VirtualService: {_mesh.NameOf(_routes)}\n");
        JsonObject spec = _routes.Spec();
        JsonObject[] http = [.. spec.Objects("http")];
        JsonObject[] tcp = [.. spec.Objects("tcp")];
        RouteFacts[] all = [.. http.Select(HttpFacts), .. tcp.Select(TcpFacts)];
        RouteFacts[] reached = [.. all.Where(facts => facts.Reaches)];
        string[] notes = [.. all.Where(facts => !facts.Reaches).SelectMany(facts => facts.Lines)];
        if (reached.Length == 0)
        {
            text.Append(http.Length > 0 ? $"   WARNING: No destinations match pod subsets (checked {http.Length} HTTP routes)\n" : "");
            text.Append(tcp.Length > 0 ? $"   WARNING: No destinations match pod subsets (checked {tcp.Length} TCP routes)\n" : "");
            return text.Append(string.Concat(notes.Select(note => $"      {note}\n"))).ToString();
        }

        string[] facts = [.. reached.SelectMany(route => route.Lines)];
        text.Append(string.Concat(facts.Select(fact => $"   {fact}\n")));
        int possible = http.Length + tcp.Length + spec.Objects("tls").Count();
        if (reached.Length < possible)
        {
            text.Append($"   {possible - reached.Length} additional destination(s) that will not reach this pod\n");
            return text.Append(facts.Length == 0 ? string.Concat(notes.Select(note => $"      {note}\n")) : "").ToString();
        }

        text.Append(facts.Length == 0 && http.Length > 0 ? $"   {http.Length} HTTP route(s)\n" : "");
        return text.Append(facts.Length == 0 && tcp.Length > 0 ? $"   {tcp.Length} TCP route(s)\n" : "").ToString();
    }

    private static string Stale((string Namespace, string Name)? key, string what) =>
        key is { } named ? $"WARNING: Proxy is stale; it references to non-existent {what} {named.Name}.{named.Namespace}\n" : "";

    private RouteFacts HttpFacts(JsonObject route)
    {
        List<string> facts = [];
        List<string> notes = [];
        bool reaches = false;
        foreach (JsonObject target in route.Objects("route"))
        {
            JsonObject destination = target.At("destination") ?? [];
            string subset = destination.Text("subset");
            string? note = IsOwn(destination) ? SubsetNote(subset, route) : null;
            if (note is not null)
            {
                notes.Add(note);
                continue;
            }

            reaches |= IsOwn(destination);

            if (target.Number("weight") is > 0 and var weight)
            {
                facts.Add($"Route to host \"{destination.Text("host")}\"{(subset.Length > 0 ? $" subset \"{subset}\"" : "")} with weight {weight}%");
            }
        }

        if (!reaches)
        {
            return new RouteFacts(false, notes);
        }

        List<string> conditions = [.. route.Objects("match").Select(MatchText.Of)];
        if (route.At("fault") is { } fault)
        {
            conditions.Insert(0, $"Fault injection {fault.ToJsonString()}");
        }

        return new RouteFacts(true, conditions.Count > 0 ? [.. facts, string.Join(", ", conditions)] : facts);
    }

    private RouteFacts TcpFacts(JsonObject route) =>
        route.Objects("route").Any(target => IsOwn(target.At("destination") ?? []))
            ? new RouteFacts(true, [.. route.Objects("match").Select(match => match.ToJsonString())])
            : new RouteFacts(false, []);

    private string? SubsetNote(string subset, JsonObject route) =>
        subset.Length == 0 || _matching.Contains(subset) ? null
        : _others.Contains(subset) ? $"Route to non-matching subset {subset} for ({MatchText.OfAll([.. route.Objects("match")])})"
        : _rule is null ? $"Warning: Route to subset {subset} but NO DESTINATION RULE defining subsets!"
        : $"Warning: Route to UNKNOWN subset {subset}; check DestinationRule {_mesh.NameOf(_rule)}";

    private bool IsOwn(JsonObject destination)
    {
        string host = destination.Text("host");
        string full = host.Contains('.', StringComparison.Ordinal) ? host : $"{host}.{_routes!.Space()}";
        string own = ProxyEvidence.HostOf(_service);
        return full == own || own.StartsWith(full + ".svc.", StringComparison.Ordinal) || (full.EndsWith(".svc", StringComparison.Ordinal) && own.StartsWith(full + ".", StringComparison.Ordinal));
    }

    /// <param name="Reaches">Whether it leads to the pods described.</param>
    /// <param name="Lines">What it does, or why it does not.</param>
    private sealed record RouteFacts(bool Reaches, IReadOnlyList<string> Lines);
}
