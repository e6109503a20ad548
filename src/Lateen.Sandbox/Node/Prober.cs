using System.Net.Security;
using System.Net.Sockets;

namespace Lateen.Sandbox.Node;

/// <summary>Asks a container once.</summary>
internal sealed class Prober : IDisposable
{
    private readonly SocketsHttpHandler _handler;
    private readonly HttpMessageInvoker _http;

    public Prober()
    {
        _handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            // Each probe is a connection of its own: an old one would say nothing about new ones.
            PooledConnectionLifetime = TimeSpan.Zero,
#pragma warning disable CA5359 // Kubernetes API, HTTPGetAction: a probe does not verify the certificate.
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
        };
        _http = new HttpMessageInvoker(_handler);
    }

    /// <summary>Asks; null when all is well, otherwise what is not.</summary>
    /// <param name="execute">Runs a command in the container and returns exit status and output.</param>
    public async Task<string?> ProbeAsync(
        ProbeAction action,
        TimeSpan timeout,
        Func<IReadOnlyList<string>, CancellationToken, Task<(int ExitCode, string Output)>> execute,
        CancellationToken cancellation)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            return action switch
            {
                { Http: { } uri } => await HttpAsync(uri, action.Headers, limit.Token),
                { TcpPort: { } port } => await TcpAsync(action.TcpHost, port, limit.Token),
                { Command: { } command } => await ExecAsync(command, execute, limit.Token),
                _ => "the probe has no action",
            };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"no answer within {timeout.TotalSeconds:0} s";
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }

    private async Task<string?> HttpAsync(Uri uri, IReadOnlyList<KeyValuePair<string, string>> headers, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, uri);
        request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/1.28");
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        request.Headers.ConnectionClose = true;
        foreach ((string name, string value) in headers)
        {
            if (name.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                request.Headers.Host = value;
            }
            else
            {
                request.Headers.Remove(name);
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, cancellation);
            int code = (int)response.StatusCode;
            return code is >= 200 and < 400 ? null : $"HTTP probe failed with statuscode: {code}";
        }
        catch (HttpRequestException error)
        {
            return $"Get \"{uri}\": {error.InnerException?.Message ?? error.Message}";
        }
    }

    private static async Task<string?> TcpAsync(string host, int port, CancellationToken cancellation)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, cancellation);
            return null;
        }
        catch (SocketException error)
        {
            return $"dial tcp {host}:{port}: {error.Message}";
        }
    }

    private static async Task<string?> ExecAsync(
        IReadOnlyList<string> command,
        Func<IReadOnlyList<string>, CancellationToken, Task<(int ExitCode, string Output)>> execute,
        CancellationToken cancellation)
    {
        (int code, string output) = await execute(command, cancellation);
        return code == 0 ? null : output.Trim() is { Length: > 0 } text ? text : $"exit status {code}";
    }
}
