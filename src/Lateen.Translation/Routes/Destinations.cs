using Lateen.Model.Networking;
using Lateen.Model.Services;

namespace Lateen.Translation.Routes;

/// <summary>Which cluster a route's destination means.</summary>
internal static class Destinations
{
    /// <summary>The port: as written, else the only one of the service, else the one that was called.</summary>
    public static int Port(Destination destination, Service? service, int listenPort) =>
        destination.Port is { } port and not 0 ? port
        : service is { Ports.Count: 1 } ? service.Ports[0].Number
        : listenPort;

    public static string Cluster(Destination destination, Service? service, int listenPort) =>
        Naming.Outbound(destination.Host, destination.Subset, Port(destination, service, listenPort));

    /// <summary>Reports a host that no service has, or a subset that no DestinationRule defines: such requests fail with 503.</summary>
    public static void Check(HttpRouteScope scope, Destination destination, Service? service, string path)
    {
        if (service is null)
        {
            if (scope.Context.FindService(destination.Host) is null)
            {
                scope.Report(
                    $"{path}.host",
                    $"no service \"{destination.Host}\" is visible from namespace {scope.Context.Proxy.Namespace}",
                    "create the service, or correct the host",
                    "IST0101");
            }

            return;
        }

        if (destination.Subset.Length > 0 && scope.Context.RuleFor(service)?.FindSubset(destination.Subset) is null)
        {
            scope.Report(
                $"{path}.subset",
                $"no DestinationRule of {destination.Host} has a subset \"{destination.Subset}\"",
                "add the subset to the DestinationRule, or correct its name",
                "IST0101");
        }
    }
}
