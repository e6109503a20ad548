using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Workloads;
using Lateen.Translation;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;

namespace Lateen.Tests.Translation.Listeners;

/// <summary>ProxyConfig.proxyHeaders: what a proxy adds to requests and responses of its own.</summary>
public sealed class ProxyHeadersTests
{
    [Fact]
    public void Headers_ByDefault_AreAllThere()
    {
        var (manager, routes) = Translate(null);

        (manager.ServerName, manager.GenerateRequestId, manager.ForwardClientCertDetails).ShouldBe(
            ("istio-envoy", null, HttpConnectionManager.Types.ForwardClientCertDetails.AppendForward));
        routes.VirtualHosts.ShouldAllBe(host => host.IncludeRequestAttemptCount);
    }

    [Fact]
    public void Headers_TurnedOff_AreLeftToTheApplication()
    {
        var (manager, routes) = Translate(new()
        {
            ServerDisabled = true, RequestIdDisabled = true, AttemptCountDisabled = true, ForwardedClientCert = ForwardClientCertDetails.Sanitize,
        });

        manager.ServerHeaderTransformation.ShouldBe(HttpConnectionManager.Types.ServerHeaderTransformation.PassThrough);
        (manager.ServerName, manager.GenerateRequestId, manager.ForwardClientCertDetails).ShouldBe(
            ("", false, HttpConnectionManager.Types.ForwardClientCertDetails.Sanitize));
        routes.VirtualHosts.ShouldAllBe(host => !host.IncludeRequestAttemptCount);
    }

    [Fact]
    public void Server_WithAValue_SaysIt() => Translate(new() { ServerValue = "edge" }).Manager.ServerName.ShouldBe("edge");

    /// <summary>The manager of the workload's own port, and the routes to others.</summary>
    private static (HttpConnectionManager Manager, RouteConfiguration Routes) Translate(ProxyHeaders? headers)
    {
        var snapshot = MeshSnapshot.Build(new()
        {
            Services = [Service("web", "10.96.0.10", ("http", 80, Protocol.Http))],
            Workloads = [new Workload { Name = "web-1", Namespace = "default", Addresses = ["10.1.0.9"], Labels = Labels(("app", "web")) }],
        });
        var proxy = Sidecar() with { ProxyConfig = ProxyConfig.Default with { ProxyHeaders = headers } };
        var listener = Read<Listener>(TypeUrls.Listener).Single(l => l.Name == "virtualInbound");
        return (
            listener.FilterChains.First(c => c.Name == "0.0.0.0_80").Filters.Last().TypedConfig.Unpack<HttpConnectionManager>(),
            Read<RouteConfiguration>(TypeUrls.RouteConfiguration, "80").Single());

        IEnumerable<T> Read<T>(string typeUrl, params string[] names)
            where T : IMessage<T>, new() =>
            ProxyTranslator.Translate(new(snapshot, proxy, typeUrl, names)).Resources.Select(r => r.Resource.Unpack<T>());
    }
}
