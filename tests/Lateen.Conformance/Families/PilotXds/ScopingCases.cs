using System.Text.Json.Nodes;
using Envoy.Config.Endpoint.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Lateen.Conformance.Families.Pilot;
using Lateen.Conformance.Families.PilotTables;
using Lateen.Translation;

namespace Lateen.Conformance.Families.PilotXds;

/// <summary>What a Sidecar resource lets a proxy see.</summary>
internal static class ScopingCases
{
    public static CaseResult Run(ConformanceCase c)
    {
        var mesh = new CaseMesh(c.Settings);
        mesh.AddYaml(c.Text(c.Inputs["istioConfig"])!);
        var context = new ProxyContext(mesh.Build(), CaseProxy.Read(c.Settings["proxy"] as JsonObject));
        var expected = c.Expected!.AsObject();
        foreach (var (name, wanted) in expected)
        {
            var result = name switch
            {
                "edsEndpoints" => Each(wanted!, cluster => ProxyTranslator.Endpoints(context, cluster)),
                "clusterEndpoints" => Each(
                    wanted!, cluster => ProxyTranslator.Clusters(context).FirstOrDefault(x => x.Name == cluster)?.LoadAssignment),
                "listenerNames" => KindChecks.CompareSet(KindChecks.Texts(wanted), ProxyTranslator.Listeners(context).Select(l => l.Name)),
                "virtualOutboundFallbackCluster" => KindChecks.Compare((string)wanted!, FallbackCluster(context)),
                "allowAnyVirtualHostRouteCluster" => KindChecks.Compare(
                    (string)wanted!,
                    ProxyTranslator.Route(context, "80").VirtualHosts.FirstOrDefault(v => v.Name == Naming.AllowAny)?.Routes[0].Route_.Cluster ?? ""),
                _ => CaseResult.Failed($"the expectation {name} is not known"),
            };
            if (result.Outcome != CaseOutcome.Passed)
            {
                return CaseResult.Failed($"{name}: {result.Reason}");
            }
        }

        return CaseResult.Passed;
    }

    private static CaseResult Each(JsonNode byCluster, Func<string, ClusterLoadAssignment?> find)
    {
        foreach (var (cluster, endpoints) in byCluster.AsObject())
        {
            var found = (find(cluster)?.Endpoints ?? []).SelectMany(l => l.LbEndpoints).Select(e => e.Endpoint.Address.SocketAddress)
                .Select(a => $"{a.Address}:{a.PortValue}");
            var result = KindChecks.CompareSet(KindChecks.Texts(endpoints), found);
            if (result.Outcome != CaseOutcome.Passed)
            {
                return CaseResult.Failed($"{cluster}: {result.Reason}");
            }
        }

        return CaseResult.Passed;
    }

    private static string FallbackCluster(ProxyContext context)
    {
        var listener = ProxyTranslator.Listeners(context).First(l => l.Name == Naming.VirtualOutbound);
        return listener.FilterChains[^1].Filters[^1].TypedConfig.Unpack<TcpProxy>().Cluster;
    }
}
