using Google.Protobuf.WellKnownTypes;
using Lateen.Agent.Hosting;
using Lateen.Api;
using Lateen.Proxy;
using Lateen.Xds;
using Microsoft.Extensions.Logging;

namespace Lateen.Agent.XdsFiles;

/// <summary>Keeps the data plane at what a file says: applies it at start and whenever it has changed. A file that cannot be read changes nothing.</summary>
/// <remarks>The file is looked at every half second, links followed: a watch on a name misses the renames by which editors and Kubernetes replace files.</remarks>
/// <param name="path">The file.</param>
/// <param name="proxy">The data plane.</param>
/// <param name="applied">Told after each time that the file was applied.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class XdsFileFollower(string path, ProxyServer proxy, Action applied, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly HashSet<string> _types = [TypeUrls.Cluster, TypeUrls.Listener];
    private (DateTime Written, long Length, string Target) _seen;
    private int _version;

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                Poll();
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
            // The end of the proxy.
        }
    }

    /// <summary>Looks once; applies what has changed.</summary>
    internal void Poll()
    {
        if (HasChanged())
        {
            Apply();
        }
    }

    private bool HasChanged()
    {
        try
        {
            var file = (FileInfo?)new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) ?? new FileInfo(path);
            var now = (file.LastWriteTimeUtc, file.Exists ? file.Length : -1, file.FullName);
            (var changed, _seen) = (now != _seen, now);
            return changed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Apply()
    {
        IReadOnlyDictionary<string, IReadOnlyList<Any>> resources;
        try
        {
            resources = XdsFile.Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            AgentLog.Refused(logger, path, e.Message);
            return;
        }
        var version = (++_version).ToString(System.Globalization.CultureInfo.InvariantCulture);
        // Clusters and listeners are applied even when there is none: that is what makes the proxy ready.
        foreach (var type in resources.Keys.Union(_types).OrderBy(XdsTypes.PushOrder).ToList())
        {
            ApplyType(type, version, resources.GetValueOrDefault(type) ?? []);
        }
        var count = resources.Values.Sum(r => r.Count);
        AgentLog.FileApplied(logger, path, count);
        applied();
    }

    private void ApplyType(string type, string version, IReadOnlyList<Any> resources)
    {
        foreach (var problem in proxy.Apply(type, version, resources))
        {
            AgentLog.Refused(logger, TypeUrls.ShortName(type), problem.ToString());
        }
        // Only CDS and LDS responses are complete by themselves.
        if (!XdsTypes.IsWildcard(type))
        {
            var names = proxy.Applied(type).Select(r => r.Name).ToHashSet(StringComparer.Ordinal);
            var given = resources.Select(r => ResourceName(type, r)).ToHashSet(StringComparer.Ordinal);
            proxy.Remove(type, [.. names.Where(n => !given.Contains(n))]);
        }
        _types.Add(type);
    }

    private static string ResourceName(string type, Any resource) => type switch
    {
        TypeUrls.ClusterLoadAssignment => Envoy.Config.Endpoint.V3.ClusterLoadAssignment.Parser.ParseFrom(resource.Value).ClusterName,
        TypeUrls.RouteConfiguration => Envoy.Config.Route.V3.RouteConfiguration.Parser.ParseFrom(resource.Value).Name,
        TypeUrls.Secret => Envoy.Extensions.TransportSockets.Tls.V3.Secret.Parser.ParseFrom(resource.Value).Name,
        _ => "",
    };
}
