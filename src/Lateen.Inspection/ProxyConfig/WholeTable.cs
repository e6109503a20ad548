using Lateen.Inspection.Tables;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>What <c>proxy-config all</c> shows of a dump; each part has its own filter.</summary>
/// <param name="Route">The route configuration's name; null or empty for all.</param>
/// <param name="Verbose">One row per filter chain and route.</param>
public sealed record WholeFilter(ClusterFilter Clusters, ListenerFilter Listeners, string? Route, EndpointFilter Endpoints, bool Verbose);

/// <summary>The tables of <c>proxy-config all</c>, with empty lines between them: clusters, listeners, routes, secrets, endpoints.</summary>
public static class WholeTable
{
    /// <exception cref="InvalidDataException">The dump lacks one of the parts.</exception>
    public static string Render(ConfigDump dump, WholeFilter filter, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(filter);
        TextTable endpoints = new(5, "NAME", "STATUS", "LOCALITY", "CLUSTER");
        AssignmentTable.Add(endpoints, dump, filter.Endpoints, "endpoint/");
        return string.Join(
            '\n',
            ClusterTable.Render(dump, filter.Clusters, isPart: true),
            ListenerTable.Render(dump, filter.Listeners, filter.Verbose, isPart: true),
            RouteTable.Render(dump, filter.Route, filter.Verbose, "route/"),
            SecretTable.Render(dump, now, "secret/"),
            endpoints);
    }
}
