using Lateen.Model;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>Host names: which is meant, which is the most specific.</summary>
internal static class HostKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["most-specific-host"] = c => KindChecks.Compare(
            (string)c.Expected!["want"]!,
            HostName.MostSpecific((string)c.Inputs["needle"]!, KindChecks.Texts(c.Inputs["in"])) ?? ""),
    };
}
