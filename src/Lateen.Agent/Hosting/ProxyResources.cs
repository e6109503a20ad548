using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Istio.Networking.Nds.V1;
using Lateen.Agent.Dns;
using Lateen.Api;
using Lateen.Proxy;
using Lateen.Xds.Client;

namespace Lateen.Agent.Hosting;

/// <summary>Carries resources from the control plane into the data plane, and the names it wants back.</summary>
internal sealed class ProxyResources(ProxyServer proxy, ConfigCache cache, MemoryTrimmer trimmer, DnsResolver? dns) : IAdsHandler, IProxyObserver
{
    /// <summary>Types taken in full from the start.</summary>
    public IReadOnlyList<string> WildcardTypes { get; } =
        dns is null ? [TypeUrls.Cluster, TypeUrls.Listener] : [TypeUrls.Cluster, TypeUrls.Listener, TypeUrls.NameTable];

    /// <summary>Types taken by the names that clusters and listeners refer to.</summary>
    public static IReadOnlyList<string> NamedTypes { get; } = [TypeUrls.ClusterLoadAssignment, TypeUrls.RouteConfiguration, TypeUrls.Secret];

    private volatile bool _isConnected;

    /// <summary>The client to wake when names change; set before it runs.</summary>
    public AdsClient? Client { get; set; }

    /// <summary>A stream to the control plane is up.</summary>
    public bool IsConnected => _isConnected;

    /// <summary>Responses accepted and refused, by type, for the readiness text.</summary>
    public ResponseCounts Clusters { get; } = new();

    public ResponseCounts Listeners { get; } = new();

    public ValueTask<string?> ApplyAsync(AdsUpdate update, CancellationToken cancellation)
    {
        if (update.TypeUrl == TypeUrls.NameTable)
        {
            return new(ApplyNames(update.Resources));
        }
        var problems = update.IsWhole
            ? proxy.Apply(update.TypeUrl, update.Version, update.Resources)
            : proxy.Update(update.TypeUrl, update.Version, update.Resources, update.Removed);
        var counts = update.TypeUrl == TypeUrls.Cluster ? Clusters : update.TypeUrl == TypeUrls.Listener ? Listeners : null;
        counts?.Count(problems.Count == 0);
        cache.Changed(update.TypeUrl, update.Version);
        trimmer.OnConfiguration();
        return new(problems.Count == 0 ? null : string.Join("\n", problems));
    }

    public void Forget(string typeUrl, IReadOnlyList<string> names) => proxy.Remove(typeUrl, names);

    // One resource holds all names; without one the last table stays.
    private string? ApplyNames(IReadOnlyList<Any> resources)
    {
        try
        {
            if (resources.Count > 0)
            {
                dns!.Update(NameTable.Parser.ParseFrom(resources[0].Value));
            }
            return null;
        }
        catch (InvalidProtocolBufferException e)
        {
            return $"name table: {e.Message}";
        }
    }

    public IReadOnlyCollection<string> SubscribedNames(string typeUrl) => proxy.SubscribedNames(typeUrl);

    public void OnConnection(bool isConnected) => _isConnected = isConnected;

    public void OnSubscriptionsChanged(string typeUrl) => Client?.OnNamesChanged(typeUrl);
}
