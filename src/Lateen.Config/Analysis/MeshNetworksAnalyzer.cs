namespace Lateen.Config.Analysis;

/// <summary>IST0126: a network takes endpoints of a registry that nobody has registered.</summary>
internal sealed class MeshNetworksAnalyzer : IAnalyzer
{
    private static readonly string[] BuiltIn = ["Kubernetes", "External", "Mock"];

    public string Name => "meshnetworks.MeshNetworksAnalyzer";

    public string Description => "Checks that registries of MeshNetworks are known clusters";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        HashSet<string> known = [.. BuiltIn];
        foreach (var secret in mesh.OfKind("Secret").Where(secret => secret.Node.Labels().Find("istio/multiCluster") == "true"))
        {
            known.UnionWith(secret.Node.PairsAt("data").Keys);
            known.UnionWith(secret.Node.PairsAt("stringData").Keys);
        }

        var at = new ConfigLocation(new ResourceName("MeshNetworks", mesh.IstioNamespace, "meshnetworks"), "networks");
        foreach (var network in mesh.Networks)
        {
            foreach (var member in network.Endpoints)
            {
                if (member.FromRegistry is { Length: > 0 } registry && !known.Contains(registry))
                {
                    yield return ConfigProblem.Error("IST0126", $"Unknown service registry {registry} in network {network.Id}", at);
                }
            }
        }
    }
}
