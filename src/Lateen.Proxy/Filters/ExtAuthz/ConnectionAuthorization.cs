using Lateen.Proxy.Compile;
using Lateen.Proxy.Filters.Metadata;
using Lateen.Proxy.Http.SideCalls;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Filters.ExtAuthz;

/// <summary>Statistics below <c>ext_authz.&lt;stat_prefix&gt;</c>.</summary>
internal enum ConnectionAuthorizationStat
{
    Total, Ok, Denied, Error, FailureModeAllowed, Disabled, CxClosed,
}

/// <summary>Asks an authorization service about a connection that is not HTTP (envoy.filters.network.ext_authz).</summary>
/// <remarks>Envoy asks at the client's first bytes; here it is asked before the host is called, so that a server that speaks first tells nothing.</remarks>
internal sealed class ConnectionAuthorization(
    GrpcAuthorization service, bool allowsOnFailure, MetadataMatcher? enabled, (bool Certificate, bool TlsSession) includes, StatScope stats)
{
    public static ConnectionAuthorization? Compile(CompileScope scope, Envoy.Extensions.Filters.Network.ExtAuthz.V3.ExtAuthz? filter, string path)
    {
        if (filter is null || ExtAuthzCompiler.Grpc(scope, filter.GrpcService, path + ".grpc_service") is not { } service)
        {
            return null;
        }
        MetadataMatcher? enabled = filter.FilterEnabledMetadata is null ? null
            : MetadataMatcher.Compile(scope, filter.FilterEnabledMetadata, path + ".filter_enabled_metadata");
        return new ConnectionAuthorization(
            service, filter.FailureModeAllow, enabled, (filter.IncludePeerCertificate, filter.IncludeTlsSession),
            scope.Host.StatsOf($"ext_authz.{filter.StatPrefix}{(filter.StatPrefix.EndsWith('.') ? "" : ".")}", StatNames.ConnectionAuthorization));
    }

    /// <summary>Begins to ask; null: the connection may go on without.</summary>
    public SideCall? Ask(ProxyWorker worker, DownstreamConnection connection, ISideCallOwner owner)
    {
        if (enabled is not null && !enabled.Matches(connection.Metadata))
        {
            Count(worker, ConnectionAuthorizationStat.Disabled);
            return null;
        }
        Count(worker, ConnectionAuthorizationStat.Total);
        return service.Ask(worker, connection, CheckRequests.Of(connection, includes.Certificate, includes.TlsSession), owner);
    }

    /// <summary>True if the connection may go on.</summary>
    public bool Allows(ProxyWorker worker, SideCall call)
    {
        switch (service.Read(call).Outcome)
        {
            case AuthorizationOutcome.Allowed:
                Count(worker, ConnectionAuthorizationStat.Ok);
                return true;
            case AuthorizationOutcome.Denied:
                Count(worker, ConnectionAuthorizationStat.Denied);
                break;
            default:
                Count(worker, ConnectionAuthorizationStat.Error);
                if (allowsOnFailure)
                {
                    Count(worker, ConnectionAuthorizationStat.FailureModeAllowed);
                    return true;
                }
                break;
        }
        Count(worker, ConnectionAuthorizationStat.CxClosed);
        return false;
    }

    private void Count(ProxyWorker worker, ConnectionAuthorizationStat stat) => stats.For(worker.Index).Values[(int)stat]++;
}
