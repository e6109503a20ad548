using Lateen.Model.Networking;

namespace Lateen.Config.Analysis;

/// <summary>IST0134: a TCP port of a ServiceEntry without an address, which no proxy can tell from others.</summary>
internal sealed class ServiceEntryAddressAnalyzer : IAnalyzer
{
    public string Name => "serviceentry.Analyzer";

    public string Description => "Checks that ServiceEntries with TCP ports have addresses";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        // With automatic addresses each host has one of its own.
        var metadata = mesh.Mesh.DefaultConfig.ProxyMetadata;
        if (metadata.Find("ISTIO_META_DNS_CAPTURE") == "true" && metadata.Find("ISTIO_META_DNS_AUTO_ALLOCATE") == "true")
        {
            yield break;
        }

        foreach (var entry in mesh.Of<ServiceEntryConfig>().Where(entry => entry.Addresses.IsEmpty))
        {
            for (var i = 0; i < entry.Ports.Count; i++)
            {
                if (entry.Ports[i].Protocol is "" or "TCP")
                {
                    yield return ConfigProblem.Warning(
                        "IST0134", "ServiceEntry addresses are required for this protocol.", mesh.At(entry.Meta, $"spec.ports[{i}].protocol"));
                }
            }
        }
    }
}
