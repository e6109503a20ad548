using System.Net;
using Lateen.ControlPlane.Hosting;
using Lateen.ControlPlane.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lateen.Tests.ControlPlane;

/// <summary>A further control plane over the API endpoint of a bed.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private readonly DiscoveryHost _host;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    private Replica(DiscoveryHost host)
    {
        _host = host;
        _serving = host.ServeAsync(Random.Shared, _stop.Token);
    }

    public IPEndPoint AddressOf(ServerPort port) => _host.Server.AddressOf(port);

    /// <summary>Starts it and waits until it is ready.</summary>
    public static async Task<Replica> StartAsync(DiscoveryOptions options, CancellationToken cancellation)
    {
        var replica = new Replica(await DiscoveryHost.CreateAsync(options, NullLoggerFactory.Instance, TimeProvider.System, cancellation));
        await ControlPlaneBed.UntilAsync(() => Task.FromResult(replica._host.Missing is null), () => replica._host.Missing ?? "", cancellation);
        return replica;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        await _host.DisposeAsync();
        _stop.Dispose();
    }
}
