using Lateen.ScenarioTests.Mesh;
using Xunit;

namespace Lateen.ScenarioTests.Protocols;

/// <summary>A mesh with the protocol samples, a client with a sidecar and one without; the classes of its collection share it.</summary>
[CollectionDefinition]
public sealed class ProtocolMesh() : HalfInjectedMesh(Namespace, "protocols/client.yaml", "client"), ICollectionFixture<ProtocolMesh>
{
    internal const string Namespace = "protocols";

    internal string Insider { get; private set; } = "";

    protected override async Task FillAsync()
    {
        foreach (string sample in new[] { "grpc", "websocket", "database" })
        {
            await ApplyAsync(Namespace, Sample($"protocols/{sample}.yaml"));
        }

        await ApplyAsync(Namespace, Sample("protocols/client.yaml"), "client", "stock", "chat", "database");
        Insider = await PodAsync(Namespace, "app=client");
    }

    /// <summary>Runs a Python program in a client's container; what it printed.</summary>
    internal async Task<string> PythonAsync(string ns, string pod, string program, params string[] arguments) =>
        (await KubectlAsync(["exec", "-i", "-n", ns, pod, "-c", "toolbox", "--", "timeout", "40", "/usr/bin/python3", "-", .. arguments], program)).MustSucceed().Output;

    /// <summary>As <see cref="PythonAsync(string, string, string, string[])"/>, in the client that has a sidecar.</summary>
    internal Task<string> PythonAsync(string program, params string[] arguments) => PythonAsync(Namespace, Insider, program, arguments);

    /// <summary>The value of the series of a metric, in a pod's sidecar, that carry all of the labels.</summary>
    internal async Task<bool> HasSeriesAsync(string pod, string metric, params string[] labels)
    {
        string page = (await InNetworkOfAsync(Namespace, pod, "curl", "-s", "--max-time", "10", "127.0.0.1:15020/stats/prometheus")).MustSucceed().Output;
        return page.Split('\n').Any(line => line.StartsWith(metric + "{", StringComparison.Ordinal) && labels.All(l => line.Contains(l, StringComparison.Ordinal)));
    }
}
