using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Lateen.Grpc;
using Lateen.Grpc.Client;
using Lateen.Grpc.Server;
using Lateen.Proxy.Local;

namespace Lateen.Agent.Status;

/// <summary>Replays the application's own probes from inside the pod, so that the kubelet need not speak the mesh's TLS.</summary>
/// <remarks>
/// Connections start at 127.0.0.6 (or ::6), which the interception rules let pass to the application; certificates are not verified, as
/// the kubelet does not either. Bodies are never relayed, only the verdict.
/// </remarks>
internal sealed class AppProbes : IDisposable
{
    private readonly IReadOnlyDictionary<string, AppProbe> _probes;
    private readonly string _host;
    private readonly HttpClient _client;

    /// <param name="probes">By path.</param>
    /// <param name="host">The pod's address.</param>
    public AppProbes(IReadOnlyDictionary<string, AppProbe> probes, string host)
    {
        _probes = probes;
        _host = host;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            MaxAutomaticRedirections = 10,
            PooledConnectionLifetime = TimeSpan.Zero,
            ConnectCallback = async (context, cancellation) => new NetworkStream(await ConnectAsync(context.DnsEndPoint.Port, cancellation), ownsSocket: true),
#pragma warning disable CA5359 // The kubelet does not verify a probe's certificate, and this is its probe.
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
#pragma warning restore CA5359
        };
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public async ValueTask<LocalResponse> ProbeAsync(LocalRequest request, CancellationToken aborted)
    {
        if (!_probes.TryGetValue(request.Path, out var probe))
        {
            return LocalResponse.Text($"app prober config does not exists for {request.Path}", 400);
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        limit.CancelAfter(probe.Timeout);
        try
        {
            return LocalResponse.Empty(probe.Kind switch
            {
                "httpGet" => await HttpAsync(probe, request, limit.Token),
                "tcpSocket" => await TcpAsync(probe, limit.Token),
                _ => await GrpcAsync(probe, limit.Token),
            });
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or OperationCanceledException or GrpcException or IOException)
        {
            return LocalResponse.Empty(500);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<int> HttpAsync(AppProbe probe, LocalRequest request, CancellationToken cancellation)
    {
        using var get = Get(probe, request);
        using var response = await _client.SendAsync(get, HttpCompletionOption.ResponseHeadersRead, cancellation);
        // What is still a redirect after the followed ones counts as success, as for the kubelet.
        return (int)response.StatusCode is >= 300 and < 400 ? 200 : (int)response.StatusCode;
    }

    /// <summary>What the application is asked: the kubelet's headers, and in place of those that it names the probe's own.</summary>
    internal HttpRequestMessage Get(AppProbe probe, LocalRequest request)
    {
        var authority = _host.Contains(':', StringComparison.Ordinal) ? $"[{_host}]" : _host;
        var get = new HttpRequestMessage(HttpMethod.Get, $"{probe.Scheme}://{authority}:{probe.Port}{probe.Path}");
        get.Headers.ConnectionClose = true;
        foreach (var (name, value) in request.Headers)
        {
            if (name is not ("host" or "connection" or "content-length" or "transfer-encoding"))
            {
                get.Headers.TryAddWithoutValidation(name, value);
            }
        }
        foreach (var (name, _) in probe.Headers)
        {
            get.Headers.Remove(name);
        }
        foreach (var (name, value) in probe.Headers)
        {
            get.Headers.TryAddWithoutValidation(name, value);
        }
        return get;
    }

    private async Task<int> TcpAsync(AppProbe probe, CancellationToken cancellation)
    {
        (await ConnectAsync(probe.Port, cancellation)).Dispose();
        return 200;
    }

    private async Task<int> GrpcAsync(AppProbe probe, CancellationToken cancellation)
    {
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri($"http://{_host}:{probe.Port}") });
        return await channel.UnaryAsync(GrpcHealth.Check, probe.Service, new GrpcCallOptions(probe.Timeout), cancellation) ? 200 : 500;
    }

    private async Task<Socket> ConnectAsync(int port, CancellationToken cancellation)
    {
        var address = IPAddress.Parse(_host);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(address.AddressFamily == AddressFamily.InterNetwork ? "127.0.0.6" : "::6"), 0));
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
