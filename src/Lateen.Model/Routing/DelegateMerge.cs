using Lateen.Model.Networking;

namespace Lateen.Model.Routing;

/// <summary>Puts the routes of delegate VirtualServices in the place of the root routes that name them.</summary>
/// <remarks>Istio, VirtualService `delegate`: one level only; a delegate has no hosts and must be exported to the root's namespace.</remarks>
internal static class DelegateMerge
{
    public static EquatableArray<VirtualServiceConfig> Merge(
        EquatableArray<VirtualServiceConfig> all, EquatableArray<string> defaultExportTo)
    {
        var delegates = all
            .Where(v => v.Hosts.IsEmpty)
            .GroupBy(v => (v.Meta.Namespace, v.Meta.Name))
            .ToDictionary(g => g.Key, g => g.First());
        var merged = new List<VirtualServiceConfig>();
        foreach (var root in all)
        {
            if (root.Hosts.IsEmpty)
            {
                continue;
            }

            merged.Add(root.Http.Any(r => r.Delegate is not null)
                ? root with { Http = Routes(root, delegates, defaultExportTo) }
                : root);
        }

        return merged.ToEquatableArray();
    }

    private static EquatableArray<HttpRoute> Routes(
        VirtualServiceConfig root,
        Dictionary<(string Namespace, string Name), VirtualServiceConfig> delegates,
        EquatableArray<string> defaultExportTo)
    {
        var routes = new List<HttpRoute>();
        foreach (var route in root.Http)
        {
            if (route.Delegate is not { } reference)
            {
                routes.Add(route);
                continue;
            }

            var ns = reference.Namespace.Length == 0 ? root.Meta.Namespace : reference.Namespace;
            if (delegates.TryGetValue((ns, reference.Name), out var target)
                && Visibility.IsVisible(target.ExportTo, defaultExportTo, ns, root.Meta.Namespace))
            {
                routes.AddRange(MergeRoutes(route, target.Http));
            }
        }

        return routes.ToEquatableArray();
    }

    /// <summary>The delegate's routes under the conditions and settings of the root's route.</summary>
    internal static IEnumerable<HttpRoute> MergeRoutes(HttpRoute root, EquatableArray<HttpRoute> delegated)
    {
        foreach (var route in delegated)
        {
            if (MergeMatches(root.Match, route.Match) is { } matches)
            {
                yield return Combine(root, route, matches);
            }
        }
    }

    private static HttpRoute Combine(HttpRoute root, HttpRoute route, EquatableArray<HttpMatch> matches) => route with
    {
        Delegate = null,
        Match = matches,
        Name = root.Name.Length == 0 ? route.Name : route.Name.Length == 0 ? root.Name : $"{root.Name}-{route.Name}",
        Rewrite = route.Rewrite ?? root.Rewrite,
        Timeout = route.Timeout ?? root.Timeout,
        Retries = route.Retries ?? root.Retries,
        Fault = route.Fault ?? root.Fault,
        Mirror = route.Mirror ?? root.Mirror,
        MirrorPercentage = route.MirrorPercentage ?? root.MirrorPercentage,
        Mirrors = route.Mirrors.IsEmpty ? root.Mirrors : route.Mirrors,
        CorsPolicy = route.CorsPolicy ?? root.CorsPolicy,
        Headers = MergeHeaders(root.Headers, route.Headers),
    };

    private static HeaderRules? MergeHeaders(HeaderRules? root, HeaderRules? route)
    {
        if (root is null || route is null)
        {
            return route ?? root;
        }

        return new(MergeOperations(root.Request, route.Request), MergeOperations(root.Response, route.Response));
    }

    private static HeaderOperations? MergeOperations(HeaderOperations? root, HeaderOperations? route)
    {
        if (root is null || route is null)
        {
            return route ?? root;
        }

        // The root's word counts where both name a header.
        return new()
        {
            Set = route.Set.Concat(root.Set).ToEquatableMap(),
            Add = route.Add.Concat(root.Add).ToEquatableMap(),
            Remove = [.. route.Remove, .. root.Remove],
        };
    }

    /// <summary>Every pair of a root's and a delegate's match that can hold together; null when one of the delegate's is in no pair.</summary>
    internal static EquatableArray<HttpMatch>? MergeMatches(EquatableArray<HttpMatch> root, EquatableArray<HttpMatch> delegated)
    {
        if (root.IsEmpty || delegated.IsEmpty)
        {
            return root.IsEmpty ? delegated : root;
        }

        var merged = new List<HttpMatch>();
        foreach (var inner in delegated)
        {
            var before = merged.Count;
            merged.AddRange(root.Where(outer => !Conflicts(outer, inner)).Select(outer => Combine(outer, inner)));

            // One condition outside of the root's makes the whole route one: half of a route is not what anybody wrote.
            if (merged.Count == before)
            {
                return null;
            }
        }

        return merged.ToEquatableArray();
    }

    private static HttpMatch Combine(HttpMatch root, HttpMatch inner) => inner with
    {
        Name = root.Name.Length == 0 ? inner.Name : inner.Name.Length == 0 ? root.Name : $"{root.Name}-{inner.Name}",
        Uri = inner.Uri ?? root.Uri,
        IgnoreUriCase = inner.IgnoreUriCase || root.IgnoreUriCase,
        Scheme = inner.Scheme ?? root.Scheme,
        Method = inner.Method ?? root.Method,
        Authority = inner.Authority ?? root.Authority,
        Headers = root.Headers.Concat(inner.Headers).ToEquatableMap(),
        WithoutHeaders = root.WithoutHeaders.Concat(inner.WithoutHeaders).ToEquatableMap(),
        QueryParams = root.QueryParams.Concat(inner.QueryParams).ToEquatableMap(),
        Port = inner.Port == 0 ? root.Port : inner.Port,
        SourceLabels = root.SourceLabels.Concat(inner.SourceLabels).ToEquatableMap(),
        SourceNamespace = inner.SourceNamespace.Length == 0 ? root.SourceNamespace : inner.SourceNamespace,
        Gateways = inner.Gateways.IsEmpty ? root.Gateways : inner.Gateways,
        StatPrefix = root.StatPrefix.Length == 0 ? inner.StatPrefix : root.StatPrefix,
    };

    private static bool Conflicts(HttpMatch root, HttpMatch inner) =>
        Conflicts(root.Uri, inner.Uri)
        || Conflicts(root.Scheme, inner.Scheme)
        || Conflicts(root.Method, inner.Method)
        || Conflicts(root.Authority, inner.Authority)
        || Conflicts(root.Headers, inner.Headers)
        || Conflicts(root.WithoutHeaders, inner.WithoutHeaders)
        || Conflicts(root.QueryParams, inner.QueryParams)
        || (root.Port != 0 && inner.Port != 0 && root.Port != inner.Port)
        || root.SourceLabels.Any(l => inner.SourceLabels.TryGetValue(l.Key, out var other) && other != l.Value)
        || (root.SourceNamespace.Length > 0 && inner.SourceNamespace.Length > 0 && root.SourceNamespace != inner.SourceNamespace)
        || (!inner.Gateways.IsEmpty && !root.Gateways.IsEmpty
            && inner.Gateways.Any(g => !root.Gateways.Contains(g)));

    private static bool Conflicts(EquatableMap<string, StringMatch> root, EquatableMap<string, StringMatch> inner) =>
        root.Any(m => inner.TryGetValue(m.Key, out var other) && Conflicts(m.Value, other));

    /// <summary>Whether the delegate's condition is not within the root's; regular expressions are never compared.</summary>
    private static bool Conflicts(StringMatch? root, StringMatch? inner)
    {
        if (root is null || inner is null)
        {
            return false;
        }

        if (root.Kind == StringMatchKind.Regex || inner.Kind == StringMatchKind.Regex)
        {
            return true;
        }

        return root.Kind switch
        {
            StringMatchKind.Exact => inner.Kind != StringMatchKind.Exact || inner.Value != root.Value,
            StringMatchKind.Prefix => !inner.Value.StartsWith(root.Value, StringComparison.Ordinal),
            _ => false,
        };
    }
}
