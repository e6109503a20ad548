namespace Lateen.ScenarioTests.Mesh;

/// <summary>A mesh with a namespace whose pods get sidecars and one, <see cref="Plain"/>, whose pods do not, so that a client can be of either.</summary>
/// <param name="injected">The first namespace.</param>
/// <param name="outsider">The sample of the client without a sidecar.</param>
/// <param name="app">The name of its deployment, and its label app.</param>
public abstract class HalfInjectedMesh(string injected, string outsider, string app) : SandboxMesh
{
    internal const string Plain = "plain";

    /// <summary>The pod without a sidecar.</summary>
    internal string Outsider { get; private set; } = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        if (!File.Exists(Kubeconfig))
        {
            return;
        }

        // The outsider starts while the others are brought up.
        (await KubectlAsync(["create", "namespace", Plain])).MustSucceed();
        await ApplyAsync(Plain, Sample(outsider));
        await CreateInjectedNamespaceAsync(injected);
        await FillAsync();
        (await KubectlAsync(["rollout", "status", "-n", Plain, "--timeout=45s", $"deployment/{app}"])).MustSucceed();
        Outsider = await PodAsync(Plain, $"app={app}");
    }

    /// <summary>Brings up the pods with sidecars.</summary>
    protected abstract Task FillAsync();
}
