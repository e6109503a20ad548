using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf.Collections;
using Lateen.Model.Networking;

namespace Lateen.Translation.Routes;

/// <summary>Header changes of routes and of their weighted destinations.</summary>
internal static class HeaderMutations
{
    public static void Apply(Route route, HeaderRules? rules)
    {
        Apply(rules?.Request, route.RequestHeadersToAdd, route.RequestHeadersToRemove);
        Apply(rules?.Response, route.ResponseHeadersToAdd, route.ResponseHeadersToRemove);
    }

    public static void Apply(WeightedCluster.Types.ClusterWeight cluster, HeaderRules? rules)
    {
        Apply(rules?.Request, cluster.RequestHeadersToAdd, cluster.RequestHeadersToRemove);
        Apply(rules?.Response, cluster.ResponseHeadersToAdd, cluster.ResponseHeadersToRemove);
    }

    /// <summary>The host that request changes ask for: Envoy has a setting of its own for it.</summary>
    public static string? AuthorityOf(HeaderRules? rules)
    {
        if (rules?.Request is not { } request)
        {
            return null;
        }

        foreach (var (name, value) in request.Set.Concat(request.Add))
        {
            if (IsAuthority(name))
            {
                return value;
            }
        }

        return null;
    }

    public static HeaderValueOption Append(string name, string value) => new()
    {
        Header = new() { Key = name, Value = value },
        AppendAction = HeaderValueOption.Types.HeaderAppendAction.AppendIfExistsOrAdd,
    };

    private static void Apply(HeaderOperations? operations, RepeatedField<HeaderValueOption> add, RepeatedField<string> remove)
    {
        if (operations is null)
        {
            return;
        }

        foreach (var (name, value) in operations.Set.OrderBy(h => h.Key, StringComparer.Ordinal))
        {
            if (!IsInternal(name))
            {
                add.Add(new HeaderValueOption
                {
                    Header = new() { Key = name, Value = value },
                    AppendAction = HeaderValueOption.Types.HeaderAppendAction.OverwriteIfExistsOrAdd,
                });
            }
        }

        foreach (var (name, value) in operations.Add.OrderBy(h => h.Key, StringComparer.Ordinal))
        {
            if (!IsInternal(name))
            {
                add.Add(Append(name, value));
            }
        }

        remove.AddRange(operations.Remove.Where(name => !IsInternal(name)));
    }

    private static bool IsAuthority(string name) =>
        name.Equals("host", StringComparison.OrdinalIgnoreCase) || name.Equals(":authority", StringComparison.OrdinalIgnoreCase);

    /// <summary>Envoy refuses changes of pseudo headers and of the host.</summary>
    private static bool IsInternal(string name) => name.StartsWith(':') || name.Equals("host", StringComparison.OrdinalIgnoreCase);
}
