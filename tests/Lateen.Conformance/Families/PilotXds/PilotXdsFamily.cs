namespace Lateen.Conformance.Families.PilotXds;

/// <summary>pilot-xds: what reaches a proxy in meshes of several clusters and networks, through Sidecars, and of secrets.</summary>
internal sealed class PilotXdsFamily : IConformanceFamily
{
    public string Name => "pilot-xds";

    public CaseResult Run(ConformanceCase conformanceCase) => conformanceCase.Kind switch
    {
        "eds" => EndpointCases.Networks(conformanceCase),
        "eds-network" => EndpointCases.NetworkFilter(conformanceCase),
        "eds-cluster-local" => EndpointCases.ClusterLocal(conformanceCase),
        "scoping" => ScopingCases.Run(conformanceCase),
        "sds" => SecretCases.Run(conformanceCase),
        _ => CaseResult.Skipped("this kind is not known"),
    };
}
