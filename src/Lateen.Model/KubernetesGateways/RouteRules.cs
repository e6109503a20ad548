using Lateen.Model.Networking;
using Lateen.Model.Services;

namespace Lateen.Model.KubernetesGateways;

/// <summary>Turns the rules of a route into Istio's; one instance for one route and one kind of parent.</summary>
/// <param name="isMesh">For sidecars: Gateway API, "Service mesh" (GAMMA), lets those of other namespaces lead anywhere, without a grant.</param>
internal sealed class RouteRules(KubernetesRoute route, ReferenceGrants grants, GatewaySurroundings around, bool isMesh)
{
    private const int DefaultAttempts = 2;

    // TCP has no answer that says "nobody": a host that does not exist ends the connection.
    private static readonly Destination Nowhere = new("internal.cluster.local", "zero-weight", 65535);

    private readonly List<GatewayFault> _faults = [];

    /// <summary>What of the rules is not honoured, in their order.</summary>
    public EquatableArray<GatewayFault> Faults => _faults.ToEquatableArray();

    /// <summary>One route for each match; a rule that makes no sense ends them.</summary>
    public EquatableArray<HttpRoute> Http()
    {
        var routes = new List<HttpRoute>();
        for (var i = 0; i < route.Rules.Count; i++)
        {
            if (Convert(route.Rules[i], $"{route.Meta.Namespace}.{route.Meta.Name}.{i}") is not { } made)
            {
                break;
            }

            routes.AddRange(route.Rules[i].Matches.Select(match => made with { Match = [match] }).DefaultIfEmpty(made));
        }

        return routes.ToEquatableArray();
    }

    /// <summary>The destinations of each rule of a TCPRoute or TLSRoute.</summary>
    public EquatableArray<EquatableArray<RouteDestination>> Connections()
    {
        var rules = new List<EquatableArray<RouteDestination>>();
        foreach (var rule in route.Rules)
        {
            var destinations = new List<RouteDestination>();
            foreach (var (backend, weight) in Weighted(rule.Backends))
            {
                if (DestinationOf(backend) is not { } destination)
                {
                    return rules.ToEquatableArray();
                }

                destinations.Add(new(destination, weight));
            }

            rules.Add(destinations.Count == 0 ? [new RouteDestination(Nowhere)] : destinations.ToEquatableArray());
        }

        return rules.ToEquatableArray();
    }

    // One destination needs no share; one of weight 0 gets nothing.
    private static IEnumerable<(BackendReference Backend, int Weight)> Weighted(EquatableArray<BackendReference> backends)
    {
        var taking = backends.Where(backend => backend.Weight > 0).ToList();
        return taking.Select(backend => (backend, taking.Count == 1 ? 0 : backend.Weight));
    }

    private HttpRoute? Convert(RouteRule rule, string name)
    {
        var made = new HttpRoute { Name = name, Timeout = rule.Timeout, Retries = Retries(rule) };
        foreach (var filter in rule.Filters)
        {
            switch (filter.Type)
            {
                case "RequestHeaderModifier":
                    made = made with { Headers = new(filter.Headers, made.Headers?.Response) };
                    break;
                case "ResponseHeaderModifier":
                    made = made with { Headers = new(made.Headers?.Request, filter.Headers) };
                    break;
                case "RequestRedirect":
                    made = made with { Redirect = filter.Redirect };
                    break;
                case "URLRewrite":
                    made = made with { Rewrite = filter.Rewrite };
                    break;
                case "RequestMirror" when filter.Mirror is { } target:
                    if (DestinationOf(target) is not { Host.Length: > 0 } mirror)
                    {
                        return null;
                    }

                    made = made with { Mirror = mirror };
                    break;
                default:
                    return Refuse<HttpRoute>("InvalidFilter", $"unsupported filter type \"{filter.Type}\"");
            }
        }

        if (made.Redirect is not null)
        {
            return made;
        }

        var destinations = new List<HttpRouteDestination>();
        foreach (var (backend, weight) in Weighted(rule.Backends))
        {
            if (DestinationOf(backend) is not { } destination || !TryHeaders(backend, out var headers))
            {
                return null;
            }

            destinations.Add(new(destination, weight, headers));
        }

        return destinations.Count > 0
            ? made with { Route = destinations.ToEquatableArray() }
            : made with { DirectResponse = new(500) };
    }

    // backendRequest bounds one try, as perTryTimeout does.
    private HttpRetry? Retries(RouteRule rule) =>
        rule.BackendTimeout is { } limit ? (around.DefaultRetry ?? new HttpRetry(DefaultAttempts)) with { PerTryTimeout = limit } : null;

    private bool TryHeaders(BackendReference backend, out HeaderRules? headers)
    {
        headers = null;
        foreach (var filter in backend.Filters)
        {
            switch (filter.Type)
            {
                case "RequestHeaderModifier":
                    headers = new(filter.Headers, headers?.Response);
                    break;
                case "ResponseHeaderModifier":
                    headers = new(headers?.Request, filter.Headers);
                    break;
                default:
                    Refuse<HeaderRules>("InvalidFilter", $"unsupported filter type \"{filter.Type}\"");
                    return false;
            }
        }

        return true;
    }

    /// <summary>Where a backend is; a destination without host is answered with 500, and null ends the rules.</summary>
    private Destination? DestinationOf(BackendReference backend)
    {
        var to = backend.To;
        if (!isMesh && to.Namespace is { } other && other != route.Meta.Namespace
            && !grants.AllowService(route.Meta.Kind, route.Meta.Namespace, other, to.Name))
        {
            Refuse<Destination>(
                "RefNotPermitted", $"backendRef {to.Name}/{other} not accessible to a route in namespace \"{route.Meta.Namespace}\" (missing a ReferenceGrant?)");
            return new Destination("");
        }

        var isService = to.Group is null or "" && to.Kind is null or "Service";
        var isImport = to.Group is null or "multicluster.x-k8s.io" && to.Kind == "ServiceImport";
        var isHost = to.Group is null or "networking.istio.io" && to.Kind == "Hostname";
        if (!isService && !isImport && !isHost)
        {
            Refuse<Destination>("InvalidKind", $"referencing unsupported backendRef: group \"{to.Group}\" kind \"{to.Kind}\"");
            return new Destination("");
        }

        if (backend.Port is not { } port)
        {
            return Refuse<Destination>("InvalidDestination", "port is required in backendRef");
        }

        if (isHost)
        {
            return to.Namespace is null
                ? Expect(new Destination(to.Name, Port: port), "")
                : Refuse<Destination>("InvalidDestination", "namespace may not be set with Hostname type");
        }

        if (to.Name.Contains('.', StringComparison.Ordinal))
        {
            return Refuse<Destination>("InvalidDestination", "serviceName invalid; the name of the Service must be used, not the hostname.");
        }

        // A ServiceImport is the service of that name: those of one name are one in the whole mesh.
        var ns = to.Namespace ?? route.Meta.Namespace;
        return Expect(new Destination($"{to.Name}.{ns}.svc.{around.Domain}", Port: port), ns);
    }

    // Whether the service is there changes no route: its cluster answers for that.
    private Destination Expect(Destination destination, string ns)
    {
        _faults.Add(new("BackendNotFound", $"backend({destination.Host}) not found", new ServiceKey(destination.Host, ns)));
        return destination;
    }

    private T? Refuse<T>(string reason, string message)
        where T : class
    {
        _faults.Add(new(reason, message));
        return null;
    }
}
