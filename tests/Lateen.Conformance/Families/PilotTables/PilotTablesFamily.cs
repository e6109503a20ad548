namespace Lateen.Conformance.Families.PilotTables;

/// <summary>pilot-tables: one kind per table of the reference. A kind goes to the group that owns it.</summary>
internal sealed class PilotTablesFamily : IConformanceFamily
{
    /// <summary>The groups, one file each; a kind belongs to one of them.</summary>
    private static readonly IReadOnlyList<IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>>> Groups =
    [
        HostKinds.All,
        RouteConfigKinds.All,
        GatewayKinds.All,
        ScopeKinds.All,
        VirtualServiceKinds.All,
        ServiceKinds.All,
        TrafficKinds.All,
        IngressKinds.All,
        ClusterKinds.All,
        NameKinds.All,
        AuthorizationKinds.All,
        AuthenticationKinds.All,
        TelemetryKinds.All,
        ProxyConfigKinds.All,
    ];

    public string Name => "pilot-tables";

    public CaseResult Run(ConformanceCase conformanceCase)
    {
        if (Groups.FirstOrDefault(g => g.ContainsKey(conformanceCase.Kind)) is { } group)
        {
            return group[conformanceCase.Kind](conformanceCase);
        }

        return CaseResult.Skipped(SkippedKinds.Reasons.GetValueOrDefault(conformanceCase.Kind) ?? "this kind has no runner yet");
    }
}
