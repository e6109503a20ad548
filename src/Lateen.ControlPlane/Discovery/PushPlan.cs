using Lateen.Api;
using Lateen.Config.Snapshots;
using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Translation;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Whom an update is announced to. Who turns out to be told the same as before is not sent anything.</summary>
internal static class PushPlan
{
    private static readonly IReadOnlySet<string> EndpointTypes = new HashSet<string> { TypeUrls.ClusterLoadAssignment };

    /// <returns>The pushes with their names in pilot_push_triggers.</returns>
    public static IEnumerable<(string Trigger, XdsPush<ConnectedProxy> Push)> Of(MeshUpdate update)
    {
        if (update.Scope == UpdateScope.Full)
        {
            yield return ("config", new XdsPush<ConnectedProxy>());
        }

        // Also beside a change of anything else: what is said of load assignments as a whole says nothing of their endpoints.
        if (update.Endpoints.Count > 0)
        {
            yield return ("endpoint", new XdsPush<ConnectedProxy>(EndpointTypes, update.Endpoints.SelectMany(key => Clusters(update.Snapshot, key)).ToHashSet()));
        }

        if (update.Scope != UpdateScope.Full && update.Workloads.Count > 0)
        {
            // A proxy whose own pod got other labels may be selected by other resources now.
            yield return ("proxy", new XdsPush<ConnectedProxy>(Concerns: (_, proxy) => proxy.Node.Addresses.Any(update.Workloads.Contains)));
        }
    }

    /// <summary>Every name under which a proxy may ask for a service's endpoints.</summary>
    private static IEnumerable<string> Clusters(MeshSnapshot mesh, ServiceKey key)
    {
        IEnumerable<string> subsets = ["", .. mesh.Index.DestinationRules.SubsetsOf(key.Hostname)];
        return mesh.Index.ServicesOf(key.Hostname)
            .SelectMany(service => service.Ports)
            .Select(port => port.Number)
            .Distinct()
            .SelectMany(port => subsets.SelectMany(subset => new[]
            {
                Naming.Outbound(key.Hostname, subset, port), Naming.OutboundSni(key.Hostname, subset, port),
            }));
    }
}
