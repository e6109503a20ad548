using Lateen.Conformance.Families.CommonKinds;
using Lateen.Conformance.Families.Injection;

namespace Lateen.Conformance.Families;

/// <summary>The <c>common-tables</c> family: small pure functions of many parts. A kind goes to the group of the part that owns it.</summary>
public sealed class CommonTables : IConformanceFamily
{
    /// <summary>The groups, one file each; a kind belongs to one of them.</summary>
    private static readonly IReadOnlyList<IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>>> Groups =
    [
        HostKinds.All,
        LabelKinds.All,
        IdentityKinds.All,
        PolicyKinds.All,
        MeshKinds.All,
        AgentKinds.All,
    ];

    public string Name => "common-tables";

    public CaseResult Run(ConformanceCase conformanceCase)
    {
        var kind = conformanceCase.Kind;
        return kind.StartsWith("inject-", StringComparison.Ordinal) ? InjectTables.Run(conformanceCase)
            : Groups.FirstOrDefault(g => g.ContainsKey(kind)) is { } group ? group[kind](conformanceCase)
            : CaseResult.Skipped(SkippedKinds.Reasons.GetValueOrDefault(kind) ?? "this kind has no runner yet");
    }
}
