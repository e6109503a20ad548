using System.Globalization;
using Lateen.Model.Services;
using Lateen.Translation.Listeners;

namespace Lateen.Translation.Clusters;

/// <summary>Statistics' names by the patterns of meshConfig.outboundClusterStatName and inboundClusterStatName.</summary>
internal static class StatNames
{
    public static string Of(string pattern, OutboundTarget target) => Fill(
        pattern,
        new(target.Service.Hostname, target.Service, target.Port.Name, target.Port.Number, target.Port.TargetPort, target.Subset?.Name ?? ""));

    /// <summary>Of a port of the workload itself: named by its oldest service.</summary>
    public static string Of(string pattern, InboundPort port) => Fill(
        pattern,
        new(port.Host, port.Services.IsEmpty ? null : port.Services[0].Service, port.Name, port.ServicePort, port.TargetPort, ""));

    private sealed record Subject(string Host, Service? Service, string PortName, int Port, int TargetPort, string Subset);

    /// <summary>What is in no list of Istio's stays as it is written.</summary>
    private static string Fill(string pattern, Subject subject)
    {
        var service = subject.Service is { Registry: Registry.Kubernetes } known ? $"{known.Name}.{known.Namespace}" : subject.Host;
        return pattern
            .Replace("%SERVICE_FQDN%", subject.Host, StringComparison.Ordinal)
            .Replace("%SERVICE_NAME%", subject.Service?.Name ?? subject.Host, StringComparison.Ordinal)
            .Replace("%SERVICE%", service, StringComparison.Ordinal)
            .Replace("%SERVICE_PORT_NAME%", subject.PortName, StringComparison.Ordinal)
            .Replace("%SERVICE_PORT%", subject.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("%TARGET_PORT%", subject.TargetPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("%SUBSET_NAME%", subject.Subset, StringComparison.Ordinal);
    }
}
