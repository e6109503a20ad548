using Lateen.ScenarioTests.Canary;
using Lateen.ScenarioTests.Mesh;
using Xunit;

namespace Lateen.ScenarioTests.Faults;

/// <summary>The application that fails a known number of times, beside the canary.</summary>
public sealed class FlakyScenario(CanaryMesh mesh) : IAsyncLifetime
{
    /// <summary>The application's name in its namespace.</summary>
    internal const string Host = "flaky";

    public async ValueTask InitializeAsync()
    {
        if (File.Exists(mesh.Kubeconfig))
        {
            await mesh.ApplyAsync(CanaryMesh.Namespace, SandboxMesh.Sample("fault/flaky.yaml"), "flaky");
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
