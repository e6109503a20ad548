using Lateen.Conformance.Families.Injection;

namespace Lateen.Conformance.Families;

/// <summary>The <c>common-tables</c> family: small pure functions of many parts. A kind goes to the class of the part that owns it.</summary>
public sealed class CommonTables : IConformanceFamily
{
    /// <summary>Prefix of the kind, and who answers; the first prefix that fits counts.</summary>
    private static readonly (string Prefix, Func<ConformanceCase, CaseResult> Run)[] Owners =
    [
        ("inject-", InjectTables.Run),
        ("authz-condition", PolicyTables.Condition),
        ("jwks-uri", PolicyTables.KeySetUri),
    ];

    public string Name => "common-tables";

    public CaseResult Run(ConformanceCase conformanceCase) =>
        Owners.FirstOrDefault(owner => conformanceCase.Kind.StartsWith(owner.Prefix, StringComparison.Ordinal)).Run is { } run
            ? run(conformanceCase)
            : CaseResult.Skipped($"kind {conformanceCase.Kind} has no runner yet");
}
