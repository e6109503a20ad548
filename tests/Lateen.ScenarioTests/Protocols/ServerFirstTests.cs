using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Protocols;

/// <summary>An application whose server speaks first, on ports that are declared, declared without a protocol, and not declared at all.</summary>
/// <remarks>Sidecars wait for ever for a silent client's bytes where they have to look at them, so that the greeting's coming shows that nobody waits.</remarks>
[Collection<ProtocolMesh>]
public sealed class ServerFirstTests(ProtocolMesh mesh, ITestOutputHelper output)
{
    private const string Client =
        """
        import socket, sys, time
        begin = time.monotonic()
        s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 20)
        s.settimeout(20)
        f = s.makefile("rb")
        head = f.read(4)
        greeting = f.read(int.from_bytes(head[:3], "little"))
        taken = time.monotonic() - begin
        s.sendall(b"select 1\n")
        print(greeting[1:greeting.index(0, 1)].decode(), f.readline().decode().strip(), round(taken * 1000, 1))
        """;

    [Theory]
    [InlineData(3306)]
    [InlineData(5555)]
    public async Task Greeting_ThroughTwoSidecars_ComesBeforeTheClientSaysAnything(int port)
    {
        SandboxMesh.SkipUnlessPossible();
        await ShouldGreetAsync(ProtocolMesh.Namespace, mesh.Insider, "database", port);
    }

    [Fact]
    public async Task Greeting_ByPodAddress_OnAPortThatNobodyDeclared_ComesToo()
    {
        SandboxMesh.SkipUnlessPossible();
        await ShouldGreetAsync(ProtocolMesh.Namespace, mesh.Insider, await AddressAsync(), 7777);
    }

    [Theory]
    [InlineData(3306)]
    [InlineData(5555)]
    [InlineData(7777)]
    public async Task Greeting_ToAClientWithoutASidecar_PassesTheServersOne(int port)
    {
        SandboxMesh.SkipUnlessPossible();
        await ShouldGreetAsync(ProtocolMesh.Plain, mesh.Outsider, await AddressAsync(), port);
    }

    [Fact]
    public async Task Connection_BetweenSidecars_IsCountedWithBothWorkloadsAtBothEnds()
    {
        SandboxMesh.SkipUnlessPossible();
        string[] both =
        [
            "source_workload=\"client\"", "source_workload_namespace=\"protocols\"", "source_app=\"client\"", "destination_workload=\"database\"", "destination_app=\"database\"",
            "source_principal=\"spiffe://cluster.local/ns/protocols/sa/", "request_protocol=\"tcp\"",
        ];
        await ShouldGreetAsync(ProtocolMesh.Namespace, mesh.Insider, "database", 3306);

        string server = await mesh.PodAsync(ProtocolMesh.Namespace, "app=database");
        foreach ((string pod, string reporter) in ((string, string)[])[(mesh.Insider, "source"), (server, "destination")])
        {
            foreach (string metric in (string[])["istio_tcp_connections_opened_total", "istio_tcp_connections_closed_total", "istio_tcp_sent_bytes_total"])
            {
                await Eventually.BecomesAsync(
                    () => mesh.HasSeriesAsync(pod, metric, [$"reporter=\"{reporter}\"", .. both]), has => has, $"{metric} of the {reporter} naming both");
            }
        }
    }

    private async Task ShouldGreetAsync(string ns, string client, string host, int port)
    {
        // The second time the sidecars' connections and certificates are warm.
        for (int i = 0; i < 2; i++)
        {
            string printed = await mesh.PythonAsync(ns, client, Client, host, $"{port}");
            printed.ShouldStartWith("8.0.36-lateen SELECT 1 ");
            output.WriteLine($"greeting of {host}:{port} after {printed.Trim().Split(' ')[^1]} ms");
        }
    }

    private async Task<string> AddressAsync() => (await mesh.KubectlAsync(
        ["get", "pod", "-n", ProtocolMesh.Namespace, "-l", "app=database", "-o", "jsonpath={.items[0].status.podIP}"])).MustSucceed().Output;
}
