using Lateen.ScenarioTests.Mesh;

namespace Lateen.ScenarioTests.Canary;

/// <summary>A mesh with the canary sample in namespace canary: version 1, version 2, a toolbox and the rules between them.</summary>
public sealed class CanaryMesh : SandboxMesh
{
    internal const string Namespace = "canary";

    /// <summary>The client's pod.</summary>
    internal string Toolbox { get; private set; } = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        if (!File.Exists(Kubeconfig))
        {
            return;
        }

        await CreateInjectedNamespaceAsync(Namespace);
        await ApplyAsync(Namespace, Sample("canary/canary-v1.yaml"));
        await ApplyAsync(Namespace, Sample("canary/canary-v2.yaml"));
        await ApplyAsync(Namespace, Sample("canary/toolbox.yaml"), "toolbox", "canary-v1", "canary-v2");
        await ApplyAsync(Namespace, Sample("canary/istio-specs.yaml"));
        Toolbox = await PodAsync(Namespace, "app=toolbox");
    }

    /// <summary>Sends requests from the toolbox one after the other; each status code, in order.</summary>
    internal async Task<IReadOnlyList<string>> SendAsync(int count, string header)
    {
        string shell = $"for i in $(seq {count}); do curl -s -o /dev/null --max-time 10 -w '%{{http_code}}\\n' -H '{header}' canary; done";
        return (await InPodAsync(Namespace, Toolbox, shell)).MustSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>How many requests the application of a version has answered so far, by its own log.</summary>
    internal async Task<int> AnsweredByAsync(string version)
    {
        string pod = await PodAsync(Namespace, $"app=canary,version={version}");
        string log = (await KubectlAsync(["logs", "-n", Namespace, pod, "-c", "canary"])).MustSucceed().Output;
        return log.Split('\n').Count(line => line.Contains("\"GET / HTTP/1.1\"", StringComparison.Ordinal));
    }
}
