using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Services;
using Lateen.Translation;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;

namespace Lateen.Tests.Translation.Clusters;

public sealed class TrustDomainAliasTests
{
    [Fact]
    public void Cluster_OfAMeshWithAliases_AcceptsServersOfEachTrustDomain()
    {
        var service = Service("web", "10.96.0.10", ("http", 80, Protocol.Http));
        var endpoint = new Endpoint
        {
            Address = "10.1.0.1",
            Port = 8080,
            ServicePortName = "http",
            TlsMode = "istio",
            ServiceAccount = "spiffe://cluster.local/ns/default/sa/web",
        };
        var snapshot = MeshSnapshot.Build(new()
        {
            Mesh = MeshConfig.Default with { TrustDomainAliases = ["old.example"] },
            Services = [service],
            Endpoints = [new EndpointShard(service.Key, [endpoint])],
        });
        var cluster = ProxyTranslator.Clusters(new ProxyContext(snapshot, Sidecar())).Single(c => c.Name == $"outbound|80||{service.Hostname}");

        var tls = cluster.TransportSocketMatches.Single(m => m.Name == "tlsMode-istio").TransportSocket.TypedConfig.Unpack<UpstreamTlsContext>();
        tls.CommonTlsContext.CombinedValidationContext.DefaultValidationContext.MatchSubjectAltNames.Select(n => n.Exact)
            .ShouldBe(["spiffe://cluster.local/ns/default/sa/web", "spiffe://old.example/ns/default/sa/web"]);
    }
}
