using Xunit;

namespace Lateen.ScenarioTests.Walkthrough;

/// <summary>The pods of scenario 1, made once for its tests.</summary>
public sealed class SidecarScenario(WalkthroughMesh mesh) : IAsyncLifetime
{
    internal const string Namespace = "sidecar";

    internal WalkthroughMesh Mesh => mesh;

    internal string Toolbox { get; private set; } = "";

    internal string Nginx { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        if (File.Exists(mesh.Kubeconfig))
        {
            await mesh.PrepareAsync(Namespace, ["sidecar/nginx.yaml", "sidecar/toolbox.yaml"], "nginx-deployment", "toolbox");
            Toolbox = await mesh.PodAsync(Namespace, "app=toolbox");
            Nginx = await mesh.PodAsync(Namespace, "app=nginx");
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
