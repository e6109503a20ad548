using Lateen.Agent.Hosting;
using Lateen.Agent.Interception;
using Lateen.Proxy;
using Microsoft.Extensions.Logging;

namespace Lateen.Agent.Status;

/// <summary>Whether traffic may come: clusters and listeners were taken over, the listeners are open and traffic is led to them, nothing is draining.</summary>
internal sealed class Readiness(ProxyServer proxy, ProxyResources resources, InterceptionCheck interception, ILogger logger)
{
    private readonly Lock _gate = new();
    private bool? _last;

    /// <summary>Null when ready; else the reason, which is logged when the state changes.</summary>
    public string? Problem()
    {
        var problem = proxy.IsDraining ? "server is not live, current state is: DRAINING" : proxy.IsReady ? interception.Problem : Missing();
        lock (_gate)
        {
            if (_last != (problem is null))
            {
                _last = problem is null;
                if (problem is null)
                {
                    AgentLog.Ready(logger);
                }
                else
                {
                    AgentLog.NotReady(logger, problem);
                }
            }
        }
        return problem;
    }

    private string Missing()
    {
        var counts = $"cds updates: {resources.Clusters}; lds updates: {resources.Listeners}";
        var received = resources.Clusters.Accepted + resources.Listeners.Accepted > 0;
        return received
            ? $"config not fully received from XDS server: {counts}"
            : resources.Clusters.Refused + resources.Listeners.Refused > 0
                ? $"config received from XDS server, but was rejected: {counts}"
                : $"config not received from XDS server (is Istiod running?): {counts}";
    }
}
