using System.Text.Json.Nodes;
using Lateen.ScenarioTests.Mesh;
using Xunit;

namespace Lateen.ScenarioTests.Policies;

/// <summary>A mesh with the policy sample: clients alice and bob and the server echo, all with sidecars, and an outsider without one.</summary>
/// <remarks>The classes of its collection share it: each test takes back what it applies.</remarks>
[CollectionDefinition]
public sealed class PolicyMesh() : HalfInjectedMesh(Namespace, "canary/toolbox.yaml", "toolbox"), ICollectionFixture<PolicyMesh>
{
    internal const string Namespace = "shop";

    internal string Alice { get; private set; } = "";

    internal string Bob { get; private set; } = "";

    internal string Echo { get; private set; } = "";

    protected override async Task FillAsync()
    {
        await ApplyAsync(Namespace, Sample("policy/apps.yaml"), "echo", "alice", "bob");
        Alice = await PodAsync(Namespace, "app=alice");
        Bob = await PodAsync(Namespace, "app=bob");
        Echo = await PodAsync(Namespace, "app=echo");
    }

    /// <summary>What a client of the mesh's namespace gets: the body, and the status on a last line of its own; 000 where nothing answers.</summary>
    internal Task<string> AskAsync(string client, string options = "", string path = "/") => AskAsync(Namespace, client, options, path);

    /// <summary>As <see cref="AskAsync(string, string, string)"/>, of the pod without a sidecar.</summary>
    internal Task<string> AskFromOutsideAsync(string options = "", string path = "/") => AskAsync(Plain, Outsider, options, path);

    /// <summary>Applies a manifest in the namespace, and takes it back when the work is done or has failed.</summary>
    internal async Task WithAsync(string manifest, Func<Task> work)
    {
        (await KubectlAsync(["apply", "-n", Namespace, "-f", "-"], manifest)).MustSucceed();
        try
        {
            await work();
        }
        finally
        {
            (await KubectlAsync(["delete", "-n", Namespace, "-f", "-"], manifest)).MustSucceed();
        }
    }

    /// <summary>Adds extension providers (a YAML list) to the mesh's settings, and takes them back when the work is done or has failed.</summary>
    internal async Task WithProvidersAsync(string providers, Func<Task> work)
    {
        string[] map = ["get", "configmap", "-n", "istio-system", "istio", "-o", "jsonpath={.data.mesh}"];
        string settings = (await KubectlAsync(map)).MustSucceed().Output;
        await SetMeshAsync($"{settings}\nextensionProviders:\n{providers}\n");
        try
        {
            await work();
        }
        finally
        {
            await SetMeshAsync(settings);
        }
    }

    private async Task SetMeshAsync(string settings)
    {
        JsonObject patch = new() { ["data"] = new JsonObject { ["mesh"] = settings } };
        (await KubectlAsync(["patch", "configmap", "-n", "istio-system", "istio", "--type=merge", "-p", patch.ToJsonString()])).MustSucceed();
    }

    private async Task<string> AskAsync(string ns, string client, string options, string path) =>
        (await InPodAsync(ns, client, $"curl -s --max-time 10 -w '\\n%{{http_code}}' {options} 'http://echo.{Namespace}{path}' || true")).MustSucceed().Output;
}
