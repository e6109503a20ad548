using Lateen.Inspection.Tables;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>What <c>proxy-config all</c> shows of a dump; each part has its own filter.</summary>
/// <param name="Route">The route configuration's name; null or empty for all.</param>
/// <param name="Verbose">One row per filter chain and route.</param>
public sealed record WholeFilter(ClusterFilter Clusters, ListenerFilter Listeners, string? Route, EndpointFilter Endpoints, bool Verbose);

/// <summary>The tables of <c>proxy-config all</c>, with empty lines between them: clusters, listeners, routes, secrets, endpoints.</summary>
public static class WholeTable
{
    /// <summary>One table after another; the first that the dump does not have ends them.</summary>
    /// <exception cref="InvalidDataException">The dump lacks the next part.</exception>
    public static IEnumerable<string> Render(ConfigDump dump, WholeFilter filter, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(filter);
        return Tables();

        IEnumerable<string> Tables()
        {
            yield return ClusterTable.Render(dump, filter.Clusters, isPart: true) + "\n";
            yield return ListenerTable.Render(dump, filter.Listeners, filter.Verbose, isPart: true) + "\n";
            yield return RouteTable.Render(dump, filter.Route, filter.Verbose, "route/") + "\n";
            yield return SecretTable.Render(dump, now, "secret/") + "\n";
            TextTable endpoints = new(5, "NAME", "STATUS", "LOCALITY", "CLUSTER");
            AssignmentTable.Add(endpoints, dump, filter.Endpoints, "endpoint/");
            yield return endpoints.ToString();
        }
    }
}
