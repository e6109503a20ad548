using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Workloads;
using Lateen.Xds.Server;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Discovery;

/// <summary>
/// Translates the first snapshot once for a sidecar and a gateway that nobody runs, before readiness is told: the first real proxies, which after a
/// restart are all of them, then do not wait for code to be compiled.
/// </summary>
internal static class TranslationWarmUp
{
    /// <summary>Waits for the first snapshot, translates it, tells that it is done, then rests until cancelled.</summary>
    public static async Task RunAsync(
        Task firstSnapshot, Func<MeshSnapshot> snapshot, IResourceGenerator generator, Action done, TimeProvider time, ILogger logger, CancellationToken cancellation)
    {
        try
        {
            await firstSnapshot.WaitAsync(cancellation);
            await Task.Run(() => Run(generator, snapshot(), logger), cancellation);
            done();
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The control plane ends.
        }
    }

    private static void Run(IResourceGenerator generator, MeshSnapshot mesh, ILogger logger)
    {
        var ns = mesh.Index.Services.IsEmpty ? "default" : mesh.Index.Services[0].Namespace;
        foreach (var proxy in new[] { Node(ProxyType.Sidecar, ns), Node(ProxyType.Router, mesh.Mesh.RootNamespace) })
        {
            try
            {
                Run(generator, mesh, new ConnectedProxy(proxy));
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // A bug that the real proxies will meet too: it must not keep the control plane from serving the others.
                DiscoveryLog.GenerationFailed(logger, exception, "of the warm-up", proxy.Id);
            }
        }
    }

    private static void Run(IResourceGenerator generator, MeshSnapshot mesh, ConnectedProxy proxy)
    {
        var nothing = new HashSet<string>();
        var clusters = generator.Generate(mesh, proxy, new XdsQuery(TypeUrls.Cluster, true, nothing)) ?? [];
        var assigned = clusters.Select(cluster => cluster.Name).Where(name => name.StartsWith("outbound", StringComparison.Ordinal)).ToHashSet();
        generator.Generate(mesh, proxy, new XdsQuery(TypeUrls.ClusterLoadAssignment, false, assigned));
        generator.Generate(mesh, proxy, new XdsQuery(TypeUrls.Listener, true, nothing));
        generator.Generate(mesh, proxy, new XdsQuery(TypeUrls.RouteConfiguration, false, new HashSet<string> { "80", "http.80" }));
        generator.Generate(mesh, proxy, new XdsQuery(TypeUrls.NameTable, true, nothing));
    }

    // Addresses of a documentation range (RFC 5737): no pod has one.
    private static ProxyNode Node(ProxyType type, string ns) => new()
    {
        Id = $"warm-up.{ns}",
        Type = type,
        Addresses = ["192.0.2.1"],
        DnsDomain = $"{ns}.svc.cluster.local",
        Namespace = ns,
    };
}
