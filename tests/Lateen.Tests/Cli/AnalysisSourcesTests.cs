using System.CommandLine;
using Lateen.Cli.Cluster;
using Lateen.Cli.Commands.Analyze;
using Lateen.Config.Analysis.Reports;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Api;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Cli;

/// <summary>`lateen analyze` over a live API endpoint, and over a file laid above it.</summary>
public sealed class AnalysisSourcesTests : IAsyncLifetime
{
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;
    private readonly string _folder = Directory.CreateTempSubdirectory("lateen-analyze-").FullName;
    private readonly ApiServer _api;

    public AnalysisSourcesTests() => _api = new ApiServer(
        new ApiServerOptions { StateFolder = Path.Combine(_folder, "api"), InMemory = true, Random = Random.Shared }, NullLoggerFactory.Instance);

    private string KubeConfigFile => Path.Combine(_folder, "kubeconfig");

    public async ValueTask InitializeAsync()
    {
        await _api.StartAsync(Cancellation);
        _api.WriteKubeConfig(KubeConfigFile);
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Cluster_IsRead_AndKindsThatAreNotInstalledAreLeftOut()
    {
        await CreateAsync(ResourceTypes.Namespaces, null, """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}""");
        await CreateAsync(ResourceTypes.Services, "shop", """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop"},"spec":{"ports":[{"name":"odd","port":8080}]}}
            """);
        var file = Path.Combine(_folder, "route.yaml");
        await File.WriteAllTextAsync(file, """
            apiVersion: networking.istio.io/v1beta1
            kind: VirtualService
            metadata: {name: web, namespace: shop}
            spec:
              hosts: [web]
              http:
              - route:
                - {destination: {host: web}, weight: 50}
                - {destination: {host: nobody}, weight: 50}
            """, Cancellation);

        var reading = await ReadAsync([file], useCluster: true);

        reading.Namespaces.ShouldNotBeNull().ShouldContain("shop");
        var shown = AnalysisReport.Of(reading.Mesh, new ReportOptions { Namespace = "shop" }).Shown;
        shown.Select(problem => $"{problem.Code} {problem.Where.Resource}").ShouldBe(
            ["IST0101 VirtualService shop/web", "IST0102 Namespace shop", "IST0118 Service shop/web"], ignoreOrder: true);
        shown.Single(problem => problem.Code == "IST0101").Where.Line.ShouldBe(9);
    }

    [Fact]
    public async Task Files_Alone_HaveAnIngressGateway()
    {
        var reading = await ReadAsync([], useCluster: false);

        reading.Namespaces.ShouldBeNull();
        reading.Mesh.Find("Service", "istio-system", "istio-ingressgateway").ShouldNotBeNull();
    }

    private Task<AnalysisReading> ReadAsync(string[] files, bool useCluster)
    {
        var cluster = new ClusterOptions();
        var root = new RootCommand("test");
        cluster.AddTo(root);
        return new AnalysisSources(cluster, root.Parse(["--kubeconfig", KubeConfigFile])) { UseCluster = useCluster }.ReadAsync(files, Cancellation);
    }

    private async Task CreateAsync(ResourceType type, string? ns, string json)
    {
        using var client = new KubernetesClient(KubeConfig.Load(KubeConfigFile));
        await client.CreateAsync(type, ns, (System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse(json)!, Cancellation);
    }
}
