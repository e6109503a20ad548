using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ScenarioTests.Canary;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Soak;

/// <summary>Half load for a while, with a route that changes each second and endpoints that change ten times a second: no request fails, nothing grows.</summary>
/// <remarks>
/// LATEEN_SOAK_SECONDS says how long (scripts/soak.sh: ten minutes). A run of less than a minute tells nothing of growth; it only prints it.
/// </remarks>
public sealed partial class SoakTests(CanaryMesh mesh, ITestOutputHelper output) : IClassFixture<CanaryMesh>
{
    private const int Connections = 16;
    private const string Host = "soak";

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("LATEEN_SOAK_SECONDS"), CultureInfo.InvariantCulture, out int seconds) ? seconds : 10);

    private static readonly TimeSpan EndpointPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RoutePause = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task HalfLoad_WithChangesAllTheTime_LosesNoRequestAndGrowsNowhere()
    {
        CanaryMesh.SkipUnlessPossible();
        using KubernetesClient client = mesh.Client();
        string[] addresses = await PrepareAsync();
        using Process full = Load.Start(mesh, CanaryMesh.Namespace, mesh.Toolbox, TimeSpan.FromSeconds(4), $"http://{Host}/");
        LoadResult calibration = await Load.ResultAsync(full);
        double rate = calibration.Requests / 4.0 / 2;

        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using Process load = mesh.Start(
            "kubectl",
            ["exec", "-n", CanaryMesh.Namespace, mesh.Toolbox, "-c", "toolbox", "--", "h2load", "--h1", "-t1", $"-c{Connections}", $"-D{(int)Length.TotalSeconds}",
                string.Create(CultureInfo.InvariantCulture, $"--rps={Math.Max(rate / Connections, 1):0.##}"), $"http://{Host}/"]);
        Growth growth = new(await mesh.ProcessesAsync("lateen-agent"), await mesh.ProcessesAsync("lateend"));
        Task<int> endpoints = RepeatAsync(EndpointPause, n => PatchEndpointsAsync(client, addresses, n), end.Token);
        Task<int> routes = RepeatAsync(RoutePause, n => PatchRouteAsync(client, n), end.Token);
        Task<int> samples = RepeatAsync(RoutePause, _ => growth.SampleAsync(), end.Token);
        string report = await load.StandardOutput.ReadToEndAsync(end.Token);
        await load.WaitForExitAsync(end.Token);
        await end.CancelAsync();

        int[] done = await Task.WhenAll(endpoints, routes, samples);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Length.TotalSeconds:0} s at {rate:0} requests/s (half of what 16 connections saturate); {done[0]} endpoint changes, {done[1]} route changes, {done[2]} samples"));
        output.WriteLine(growth.ToString());
        Match counts = Counts().Match(report), codes = Codes().Match(report);
        counts.Success.ShouldBeTrue(report);
        output.WriteLine($"{counts.Value}; {codes.Value}");
        int.Parse(counts.Groups[1].ValueSpan, CultureInfo.InvariantCulture).ShouldBeGreaterThan(0, report);
        string.Join(' ', counts.Groups.Values.Skip(2).Concat(codes.Groups.Values.Skip(1)).Select(g => g.Value)).ShouldBe("0 0 0 0 0 0", report);
        if (Length >= TimeSpan.FromMinutes(1))
        {
            growth.ShouldBeFlat();
        }
    }

    // A service without a selector, so that its endpoints are ours to change; the pods behind it stay as they are.
    private async Task<string[]> PrepareAsync()
    {
        (await mesh.KubectlAsync(["scale", "-n", CanaryMesh.Namespace, "deployment/canary-v1", "--replicas=3"])).MustSucceed();
        (await mesh.KubectlAsync(["rollout", "status", "-n", CanaryMesh.Namespace, "--timeout=50s", "deployment/canary-v1"])).MustSucceed();
        string[] addresses = (await mesh.KubectlAsync(
            ["get", "pod", "-n", CanaryMesh.Namespace, "-l", "app=canary,version=v1", "-o", "jsonpath={.items[*].status.podIP}"])).MustSucceed().Output.Split(' ');
        addresses.Length.ShouldBe(3);
        string manifest =
            $$"""
            apiVersion: v1
            kind: Service
            metadata: {name: {{Host}} }
            spec: {ports: [{name: http, port: 80}]}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: {{Host}}-1, labels: {kubernetes.io/service-name: {{Host}} } }
            addressType: IPv4
            ports: [{name: http, port: 80, protocol: TCP}]
            endpoints: {{Endpoints(addresses).ToJsonString()}}
            ---
            apiVersion: networking.istio.io/v1beta1
            kind: VirtualService
            metadata: {name: {{Host}} }
            spec: {hosts: [{{Host}}], http: [{route: [{destination: {host: {{Host}} } }] }] }
            """;
        (await mesh.KubectlAsync(["apply", "-n", CanaryMesh.Namespace, "-f", "-"], manifest)).MustSucceed();
        await Eventually.BecomesAsync(
            async () => (await mesh.InPodAsync(CanaryMesh.Namespace, mesh.Toolbox, $"curl -s -o /dev/null --max-time 5 -w '%{{http_code}}' {Host} || true")).MustSucceed().Output,
            code => code == "200",
            $"{Host} being served");
        return addresses;
    }

    private static JsonArray Endpoints(IEnumerable<string> addresses) =>
        new([.. addresses.Select(a => new JsonObject { ["addresses"] = new JsonArray(a), ["conditions"] = new JsonObject { ["ready"] = true } })]);

    // One of the three is missing, another each time.
    private static Task<JsonObject> PatchEndpointsAsync(KubernetesClient client, string[] addresses, int n) => client.PatchAsync(
        ResourceTypes.EndpointSlices, new ObjectKey(CanaryMesh.Namespace, $"{Host}-1"), PatchKind.Merge,
        new JsonObject { ["endpoints"] = Endpoints(addresses.Where((_, i) => i != n % addresses.Length)) }, TestContext.Current.CancellationToken);

    private static Task<JsonObject> PatchRouteAsync(KubernetesClient client, int n) => client.PatchAsync(
        ResourceTypes.VirtualServices, new ObjectKey(CanaryMesh.Namespace, Host), PatchKind.Merge,
        JsonNode.Parse($$$"""{"spec": {"http": [{"headers": {"response": {"set": {"x-rule": "{{{n}}}"} } }, "route": [{"destination": {"host": "{{{Host}}}"} }] }] } }""")!,
        TestContext.Current.CancellationToken);

    /// <summary>Does something at a pace until it is told to stop; how often it was done.</summary>
    private static async Task<int> RepeatAsync(TimeSpan pause, Func<int, Task> work, CancellationToken end)
    {
        int count = 0;
        using PeriodicTimer timer = new(pause);
        try
        {
            while (await timer.WaitForNextTickAsync(end))
            {
                await work(count++);
            }
        }
        catch (OperationCanceledException)
        {
        }

        return count;
    }

    [GeneratedRegex(@"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout")]
    private static partial Regex Counts();

    [GeneratedRegex(@"status codes: \d+ 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx")]
    private static partial Regex Codes();
}
