using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Http;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Filters.Fault;

/// <summary>Delays and aborts: the delay is decided first, the abort after it, each by its own draw (Envoy, "Fault injection").</summary>
internal sealed class FaultFilter : HttpFilterFactory
{
    /// <summary>The listener's configuration; a route's own takes its place.</summary>
    public FaultConfig? Listener { get; init; }

    public override FilterVerdict OnRequest(HttpExchange exchange)
    {
        FaultConfig? config = exchange.Route is { } route && route.FilterConfigs.TryGetValue(Name, out object? own) ? (FaultConfig)own : Listener;
        if (config is null or { DelayMilliseconds: 0, AbortStatus: 0 } || !Applies(config, exchange))
        {
            return FilterVerdict.Continue;
        }
        // The second visit, after the delay: DI tells that the delay has been.
        if ((exchange.Flags & ResponseFlags.DI) == 0 && config.DelayMilliseconds > 0
            && exchange.Worker.Random.Chance(config.DelayShare.Numerator, config.DelayShare.Denominator))
        {
            exchange.Flags |= ResponseFlags.DI;
            exchange.Count(HttpStat.FaultDelaysInjected);
            exchange.WaitInFilter(config.DelayMilliseconds);
            return FilterVerdict.Wait;
        }
        if (config.AbortStatus > 0 && exchange.Worker.Random.Chance(config.AbortShare.Numerator, config.AbortShare.Denominator))
        {
            exchange.Count(HttpStat.FaultAbortsInjected);
            if (config.AbortGrpcStatus >= 0)
            {
                exchange.ReplyGrpcStatus(config.AbortGrpcStatus, "fault filter abort"u8, ResponseFlags.FI, "fault_filter_abort");
            }
            else
            {
                exchange.Reply(config.AbortStatus, "fault filter abort"u8, ResponseFlags.FI, "fault_filter_abort");
            }
            return FilterVerdict.Answered;
        }
        return FilterVerdict.Continue;
    }

    private static bool Applies(FaultConfig config, HttpExchange exchange)
    {
        if (config.UpstreamCluster.Length > 0 && exchange.Cluster?.Name != config.UpstreamCluster)
        {
            return false;
        }
        RouteQuery query = exchange.Query();
        foreach (HeaderMatcher header in config.Headers)
        {
            if (!header.Matches(query))
            {
                return false;
            }
        }
        return true;
    }
}
