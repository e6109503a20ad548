namespace Lateen.Conformance;

/// <summary>The families that this project answers for, one line each.</summary>
public static class FamilyRegistry
{
    /// <summary>Every family with a runner, in the order in which they are run.</summary>
    public static IReadOnlyList<IConformanceFamily> All { get; } =
    [
        new Families.Istioctl(),
        new Families.Inject(),
        new Families.CommonTables(),
        new Families.Iptables(),
        new Families.Validation(),
        new Families.RouteTranslation(),
        new Families.PilotSimulation(),
        new Families.PilotXds.PilotXdsFamily(),
        new Families.PilotTables.PilotTablesFamily(),
        new Families.GatewayApi(),
        new Families.Analysis(),
        new Families.AgentDns(),
        new Families.EnvoyFilters(),
        new Families.Authz(),
        new Families.Bootstrap(),
    ];
}
