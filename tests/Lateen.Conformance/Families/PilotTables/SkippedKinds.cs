namespace Lateen.Conformance.Families.PilotTables;

/// <summary>Kinds that test one function inside the reference which this design does not have, and why.</summary>
internal static class SkippedKinds
{
    public static IReadOnlyDictionary<string, string> Reasons { get; } = new Dictionary<string, string>
    {
        ["route-catch-all-route"] = "the input is an Envoy route: here the question is asked of the VirtualService's match alone",
        ["istio-version-parse"] = "nothing here depends on the parts of a proxy's version",
        ["istio-version-compare"] = "nothing here depends on the order of proxies' versions",
    };
}
