using System.Globalization;

namespace Lateen.Translation.Clusters;

/// <summary>The patterns of meshConfig.outboundClusterStatName and inboundClusterStatName.</summary>
internal static class StatNames
{
    public static string Of(string pattern, OutboundTarget target)
    {
        var name = target.Service.Hostname;
        var suffix = $".{target.Service.Namespace}.svc.cluster.local";
        var shortName = name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : name;
        return pattern
            .Replace("%SERVICE_FQDN%", name, StringComparison.Ordinal)
            .Replace("%SERVICE_NAME%", target.Service.Name.Length > 0 ? target.Service.Name : shortName, StringComparison.Ordinal)
            .Replace("%SERVICE%", $"{shortName}.{target.Service.Namespace}", StringComparison.Ordinal)
            .Replace("%SERVICE_PORT_NAME%", target.Port.Name, StringComparison.Ordinal)
            .Replace("%SERVICE_PORT%", target.Port.Number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("%TARGET_PORT%", target.Port.TargetPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("%SUBSET_NAME%", target.Subset?.Name ?? "", StringComparison.Ordinal);
    }
}
