using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Translation.Routes;

/// <summary>The conditions of a VirtualService match that listener and proxy decide once and for all; what is left is asked per request.</summary>
internal readonly record struct StaticConditions(
    int Port, EquatableArray<string> Gateways, string SourceNamespace, EquatableMap<string, string> SourceLabels)
{
    public static StaticConditions Of(HttpMatch match) => new(match.Port, match.Gateways, match.SourceNamespace, match.SourceLabels);

    public static StaticConditions Of(TlsMatch match) => new(match.Port, match.Gateways, match.SourceNamespace, match.SourceLabels);

    public static StaticConditions Of(L4Match match) => new(match.Port, match.Gateways, match.SourceNamespace, match.SourceLabels);

    /// <summary>Whether they hold at a listener.</summary>
    /// <param name="port">The port that callers use.</param>
    /// <param name="gateways">`mesh`, or the gateways behind the port.</param>
    public bool HoldAt(int port, IReadOnlySet<string> gateways) =>
        (Port == 0 || Port == port) && (Gateways.IsEmpty || Gateways.Any(gateways.Contains));

    /// <summary>Whether they hold for callers of that namespace with those labels.</summary>
    /// <remarks>Of a gateway's callers nothing is known: it does not ask.</remarks>
    public bool HoldFor(string ns, EquatableMap<string, string> labels) =>
        (SourceNamespace.Length == 0 || SourceNamespace == ns) && LabelsMatch.IsSubset(SourceLabels, labels);
}
