using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Lateen.Agent.Settings;
using Lateen.Interception.Options;

namespace Lateen.Agent.Interception;

/// <summary>What the sidecar has to prove at start: that a connection of its own to one of these ports is captured.</summary>
/// <param name="Version">The IP version that the rules are certain to hold for.</param>
/// <param name="Ports">Ports that no rule exempts, in order of preference: one on which something listens proves nothing.</param>
internal sealed record InterceptionPlan(IpVersion Version, IReadOnlyList<ushort> Ports)
{
    private const string ExcludedPorts = "traffic.sidecar.istio.io/excludeOutboundPorts";
    private const string ExcludedInterfaces = "traffic.sidecar.istio.io/excludeInterfaces";

    // 15002 is the reference's probe port; its neighbours stand in where the pod itself uses it.
    private static readonly ushort[] Candidates = [15002, 15003, 15005, 15007, 15009];

    /// <summary>The plan; null for a gateway, for mode NONE, and where the pod exempts its loopback traffic.</summary>
    public static InterceptionPlan? Of(AgentOptions options)
    {
        var mode = options.Variable("ISTIO_META_INTERCEPTION_MODE", "NONE");
        if (options.Role != "sidecar" || mode is not ("REDIRECT" or "TPROXY"))
        {
            return null;
        }
        var annotations = DownwardFile.Read(options.AnnotationsPath);
        if (Words(annotations, ExcludedInterfaces).Contains("lo", StringComparer.Ordinal))
        {
            return null;
        }
        var exempt = Words(annotations, ExcludedPorts);
        return new InterceptionPlan(
            options.Addresses.Any(IsIpv4) ? IpVersion.V4 : IpVersion.V6,
            [.. Candidates.Where(p => !exempt.Contains(p.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal))]);
    }

    private static bool IsIpv4(string address) => IPAddress.TryParse(address, out var parsed) && parsed.AddressFamily == AddressFamily.InterNetwork;

    private static string[] Words(IReadOnlyDictionary<string, string> annotations, string name) =>
        annotations.GetValueOrDefault(name, "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
