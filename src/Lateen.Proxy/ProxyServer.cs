using System.Net;
using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.Views;
using Microsoft.Extensions.Logging;

namespace Lateen.Proxy;

/// <summary>The data plane: takes xDS resources, serves traffic. It can be told nothing but xDS.</summary>
/// <remarks>
/// Every member is safe from any thread. <see cref="Apply"/> calls run one after another. Nothing here blocks an event loop.
/// </remarks>
public sealed class ProxyServer
{
    public ProxyServer(ProxyOptions options, ILoggerFactory loggers, TimeProvider time, Random random)
    {
        _ = (options, loggers, time, random);
    }

    /// <summary>Told when subscriptions change; set before the first <see cref="Apply"/>.</summary>
    public IProxyObserver? Observer { get; set; }

    /// <summary>True once listeners and clusters were applied and every listener they need is open.</summary>
    public bool IsReady => throw new NotImplementedException();

    /// <summary>True from <see cref="Drain"/> on.</summary>
    public bool IsDraining => throw new NotImplementedException();

    /// <summary>Runs the event loops until cancelled; then closes everything.</summary>
    public Task RunAsync(CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>
    /// Takes the full set of a type (state of the world). What is unchanged keeps its compiled object and state; what cannot be honoured is
    /// refused alone and its last good version stays. Types: CDS, EDS, LDS, RDS (EDS and RDS add or replace, as their responses are partial).
    /// </summary>
    /// <returns>The problems; empty means ACK.</returns>
    public IReadOnlyList<ResourceProblem> Apply(string typeUrl, string version, IReadOnlyList<Any> resources) =>
        throw new NotImplementedException();

    /// <summary>Removes resources by name (delta xDS: removed_resources).</summary>
    public void Remove(string typeUrl, IReadOnlyList<string> names) => throw new NotImplementedException();

    /// <summary>The names to subscribe to: EDS service names of the clusters, RDS names of the listeners; empty for wildcard types.</summary>
    public IReadOnlyCollection<string> SubscribedNames(string typeUrl) => throw new NotImplementedException();

    /// <summary>Begins to drain: answers carry <c>connection: close</c>; connections end when their request has.</summary>
    public void Drain() => throw new NotImplementedException();

    /// <summary>Number of open downstream connections, those of local listeners not counted.</summary>
    public long ActiveConnections => throw new NotImplementedException();

    /// <summary>Accepted resources of a type, in the order of their names.</summary>
    public IReadOnlyList<AppliedResource> Applied(string typeUrl) => throw new NotImplementedException();

    /// <summary>Resources whose last version was refused.</summary>
    public IReadOnlyList<RefusedResource> Refused(string typeUrl) => throw new NotImplementedException();

    /// <summary>version_info of the last response of a type that was applied, empty before.</summary>
    public string VersionOf(string typeUrl) => throw new NotImplementedException();

    public IReadOnlyList<ClusterView> Clusters() => throw new NotImplementedException();

    public IReadOnlyList<ListenerView> Listeners() => throw new NotImplementedException();

    /// <summary>Every statistic; walk it once, it is made as you go.</summary>
    public IEnumerable<StatSample> Stats() => throw new NotImplementedException();

    /// <summary>Sets all counters to zero (POST /reset_counters).</summary>
    public void ResetCounters() => throw new NotImplementedException();

    /// <summary>Where a local listener listens, once <see cref="RunAsync"/> has opened it.</summary>
    public IPEndPoint? LocalAddress(string name) => throw new NotImplementedException();

    /// <summary>Where an xDS listener with a socket listens (port 0 resolved), null when it is not open.</summary>
    public IPEndPoint? ListenerAddress(string name) => throw new NotImplementedException();
}
