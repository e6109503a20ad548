using Lateen.Model;

namespace Lateen.Config.Analysis;

/// <summary>Every analyzer, one line each.</summary>
public static class Analyzers
{
    public static IReadOnlyList<IAnalyzer> All { get; } =
    [
        new SubsetAnalyzer(),
        new GatewayReferenceAnalyzer(),
        new ConflictingMeshHostsAnalyzer(),
        new ServerVerificationAnalyzer(),
        new SidecarDefaultSelectorAnalyzer(),
        new TelemetryDefaultSelectorAnalyzer(),
    ];

    /// <summary>The resources of one kind.</summary>
    internal static IEnumerable<T> Of<T>(MeshSnapshot mesh)
        where T : class, IIstioConfig
    {
        foreach (var config in (IEnumerable<IIstioConfig>)mesh.Index.Inputs.Configs)
        {
            if (config is T found)
            {
                yield return found;
            }
        }
    }

    internal static ConfigLocation At(ConfigMeta meta, string fieldPath) =>
        new(new ResourceName(meta.Kind, meta.Namespace, meta.Name), fieldPath);
}
