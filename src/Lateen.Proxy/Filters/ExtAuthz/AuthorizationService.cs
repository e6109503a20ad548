using Lateen.Proxy.Clusters;
using Lateen.Proxy.Http;
using Lateen.Proxy.Http.SideCalls;
using Lateen.Proxy.Listeners;

namespace Lateen.Proxy.Filters.ExtAuthz;

/// <summary>An authorization service as one cluster and protocol; asks by a <see cref="SideCall"/> and reads its answer.</summary>
internal abstract class AuthorizationService(ClusterState cluster, long timeoutMilliseconds)
{
    protected ClusterState Cluster => cluster;

    protected long TimeoutMilliseconds => timeoutMilliseconds;

    /// <summary>Asks about a request.</summary>
    public abstract SideCall Ask(HttpExchange exchange, DownstreamConnection connection, ExtAuthzConfig config, ISideCallOwner owner);

    /// <summary>What a call that is over says.</summary>
    public AuthorizationVerdict Read(SideCall call) => call.HasAnswer ? ReadAnswer(call) : AuthorizationVerdict.Failed;

    protected abstract AuthorizationVerdict ReadAnswer(SideCall call);
}
