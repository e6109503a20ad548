using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Walkthrough;

/// <summary>Scenario 3: which handlers a call passes, by the logs, the rules' counters and the trace.</summary>
[Collection<WalkthroughMesh>]
public sealed class WhoTalksToWhomTests(WalkthroughMesh mesh)
{
    private const string Namespace = "pair";
    private const string ToOutbound = "-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001";
    private const string ToInbound = "-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006";

    [Fact]
    public async Task Calls_WithinAPodAndToAnother_PassTheHandlersThatTheyShould()
    {
        SandboxMesh.SkipUnlessPossible();
        await mesh.PrepareAsync(Namespace, ["pair/pair.yaml", "pair/other.yaml"], "pair", "other");
        string pair = await mesh.PodAsync(Namespace, "app=pair");
        string other = await mesh.PodAsync(Namespace, "app=other");

        // By the service's name: out through the sidecar, in through it again, to the neighbour from 127.0.0.6.
        Passage byName = await PassAsync(pair, pair, "pair");
        byName.ShouldBe(new Passage(1, 1, 2, "127.0.0.6"));
        string trace = await TraceAsync("http://pair/");
        trace.ShouldContain("sidecar, outbound, of pod");
        trace.ShouldContain("sidecar, inbound, of pod");

        // By localhost: past both.
        Passage byLocalhost = await PassAsync(pair, pair, "localhost");
        byLocalhost.ShouldBe(new Passage(0, 0, 0, "127.0.0.1"));
        trace = await TraceAsync("http://localhost/");
        trace.ShouldNotContain("sidecar, ");
        trace.ShouldContain("in the same pod, past the sidecar");

        // To another pod: out here, in there.
        Passage toOther = await PassAsync(pair, other, "other");
        toOther.ShouldBe(new Passage(1, 1, 1, "127.0.0.6"));
        trace = await TraceAsync("http://other/");
        trace.ShouldContain($"sidecar, outbound, of pod {Namespace}/{pair}");
        trace.ShouldContain($"sidecar, inbound, of pod {Namespace}/{other}");
    }

    // What one call from the pair's toolbox leaves behind.
    private async Task<Passage> PassAsync(string client, string server, string host)
    {
        var clientRules = await mesh.RulesAsync(Namespace, client);
        var serverRules = await mesh.RulesAsync(Namespace, server);
        int clientLog = (await mesh.LogAsync(Namespace, client, "istio-proxy")).Count;
        int serverLog = (await mesh.LogAsync(Namespace, server, "nginx")).Count;

        (await mesh.InPodAsync(Namespace, client, $"curl -sf -o /dev/null --max-time 10 {host}")).MustSucceed();

        string line = (await mesh.LogBeyondAsync(Namespace, server, "nginx", serverLog, 1))[0];
        long outbound = Packets(await mesh.RulesAsync(Namespace, client), ToOutbound) - Packets(clientRules, ToOutbound);
        long inbound = Packets(await mesh.RulesAsync(Namespace, server), ToInbound) - Packets(serverRules, ToInbound);
        int handlers = (int)outbound + (client == server ? (int)inbound : 0);
        IReadOnlyList<string> logged = await mesh.LogBeyondAsync(Namespace, client, "istio-proxy", clientLog, handlers);
        return new Passage(outbound, inbound, logged.Count, line.Split(' ')[0]);
    }

    private async Task<string> TraceAsync(string url) => (await mesh.LateenAsync(["trace", "deploy/pair", "-n", Namespace, url])).MustSucceed().Output;

    private static long Packets(IReadOnlyList<(string Rule, long Packets)> rules, string rule) => rules.Single(r => r.Rule == rule).Packets;

    /// <param name="Outbound">Connections led to port 15001 of the client's pod.</param>
    /// <param name="Inbound">Connections led to port 15006 of the server's pod.</param>
    /// <param name="Logged">Lines in the log of the client's sidecar.</param>
    /// <param name="SeenFrom">The address that the application saw.</param>
    private sealed record Passage(long Outbound, long Inbound, int Logged, string SeenFrom);
}
