using Lateen.ControlPlane.Http;
using Lateen.Tests.ControlPlane;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Xds;

/// <summary>gRPC's own xDS clients against the whole control plane: they resolve, balance, route and follow changes.</summary>
public sealed class ProxylessGrpcTests
{
    private const string Target = "xds:///nginx.sidecar.svc.cluster.local:80";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Python_ResolvesBalancesRoutesAndFollowsChanges()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await using var client = await ProxylessClient.PythonAsync(Target, Bootstrap(bed), Cancellation);
        Assert.SkipWhen(client is null, "python3-grpcio is not installed");
        await DriveAsync(bed, client);
    }

    [Fact]
    public async Task Node_ResolvesBalancesRoutesAndFollowsChanges()
    {
        var folder = Directory.CreateTempSubdirectory("lateen-grpc-js-");
        try
        {
            await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
            await using var client = await ProxylessClient.NodeAsync(folder.FullName, Target, Bootstrap(bed), Cancellation);
            Assert.SkipWhen(client is null, "node, npm or its registry is not to be had");
            await DriveAsync(bed, client);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Bootstrap(ControlPlaneBed bed) => $$$$"""
        {"xds_servers":[{"server_uri":"127.0.0.1:{{{{bed.AddressOf(ServerPort.Xds).Port}}}}","channel_creds":[{"type":"insecure"}],"server_features":["xds_v3"]}],
         "node":{"id":"sidecar~127.0.0.1~client.sidecar~sidecar.svc.cluster.local","cluster":"client.sidecar","locality":{},"metadata":{"GENERATOR":"grpc","NAMESPACE":"sidecar"}}}
        """;

    private static async Task DriveAsync(ControlPlaneBed bed, ProxylessClient client)
    {
        await using var one = await EchoBackend.StartAsync("one", Cancellation);
        await using var two = await EchoBackend.StartAsync("two", Cancellation);
        await bed.ApplyAsync("{apiVersion: v1, kind: Namespace, metadata: {name: sidecar}}", Cancellation);
        await bed.ApplyAsync(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: nginx, namespace: sidecar}
            spec: {ports: [{name: grpc, port: 80}]}
            """,
            Cancellation);
        await bed.ApplyAsync(Pod("v1") + "\n---\n" + Pod("v2") + "\n---\n" + Slice("v1", one.Port), Cancellation);

        // One endpoint: it answers all calls.
        (await client.CallAsync(3, Cancellation)).ShouldBe(["one", "one", "one"]);

        // A second one: both answer, without a new channel.
        await bed.ApplyAsync(Slice("v2", two.Port), Cancellation);
        await UntilAsync(client, answers => answers.Distinct().Count() == 2 && answers.All(a => a is "one" or "two"));

        // Subsets by weight, and one of them for a header.
        await bed.ApplyAsync(
            """
            apiVersion: networking.istio.io/v1beta1
            kind: DestinationRule
            metadata: {name: nginx, namespace: sidecar}
            spec:
              host: nginx
              subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
            ---
            apiVersion: networking.istio.io/v1beta1
            kind: VirtualService
            metadata: {name: nginx, namespace: sidecar}
            spec:
              hosts: [nginx]
              http:
                - match: [{headers: {user: {exact: tester}}}]
                  route: [{destination: {host: nginx, subset: v2}}]
                - route:
                    - {destination: {host: nginx, subset: v1}, weight: 90}
                    - {destination: {host: nginx, subset: v2}, weight: 10}
            """,
            Cancellation);
        await UntilAsync(client, answers => answers.Count(a => a == "one") > answers.Count(a => a == "two") * 2);
        (await client.CallAsync(20, Cancellation, ("user", "tester"))).ShouldAllBe(answer => answer == "two");
        var weighted = await client.CallAsync(300, Cancellation);

        // Binomial, 300 calls at 0.1: below 8 or above 60 comes once in a million.
        weighted.Count(a => a == "two").ShouldBeInRange(8, 60);
        weighted.ShouldAllBe(answer => answer == "one" || answer == "two");

        // The rule is gone: so is its routing.
        await bed.Client.DeleteAsync(Lateen.Config.Sources.Kubernetes.ResourceTypes.VirtualServices, "sidecar", "nginx", Cancellation);
        await UntilAsync(client, answers => Math.Abs(answers.Count(a => a == "one") - answers.Count(a => a == "two")) <= 2);
    }

    private static async Task UntilAsync(ProxylessClient client, Func<IReadOnlyList<string>, bool> holds)
    {
        IReadOnlyList<string> seen = [];
        await ControlPlaneBed.UntilAsync(
            async () => holds(seen = await client.CallAsync(40, Cancellation)), () => string.Join(" ", seen), Cancellation);
    }

    private static string Pod(string version) => $$$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: nginx-{{{version}}}, namespace: sidecar, labels: {app: nginx, version: {{{version}}}}}
        spec: {containers: [{name: web, image: web}]}
        """;

    private static string Slice(string version, int port) => $$$"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: nginx-{{{version}}}, namespace: sidecar, labels: {kubernetes.io/service-name: nginx}}
        addressType: IPv4
        ports: [{name: grpc, port: {{{port}}}, protocol: TCP}]
        endpoints:
          - addresses: [127.0.0.1]
            conditions: {ready: true}
            targetRef: {kind: Pod, name: nginx-{{{version}}}, namespace: sidecar}
        """;
}
