namespace Lateen.ControlPlane.Hosting;

internal static class DiscoveryHost
{
    public static Task<int> RunAsync(DiscoveryOptions options, CancellationToken cancellation) => Task.FromResult(0);
}
