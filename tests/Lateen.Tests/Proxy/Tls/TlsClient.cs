using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Lateen.Tests.Proxy.Tls;

/// <summary>A TLS client that is not ours: SslStream, trusting the test's root alone.</summary>
internal sealed class TlsClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly X509Certificate2 _root;

    private TlsClient(X509Certificate2 root)
    {
        _root = root;
        Stream = null!;
    }

    public SslStream Stream { get; private set; }

    public string ServerSerial => Stream.RemoteCertificate!.GetSerialNumberString();

    public static async Task<TlsClient> ConnectAsync(
        IPEndPoint at, TestIdentities identities, string name = "a.example", (string, string)? certificate = null, params string[] protocols)
    {
        TlsClient client = new(identities.Root());
        try
        {
            await client.OpenAsync(at, name, certificate, protocols);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public async Task<string> AskAsync(string path = "/", string extra = "")
    {
        await Stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: a.example\r\n{extra}\r\n"));
        return await ReadAsync(t => t.Contains("\r\n\r\n") && t.EndsWith("end"));
    }

    public async Task<string> ReadAsync(Func<string, bool> enough)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        StringBuilder text = new();
        byte[] buffer = new byte[65536];
        while (!enough(text.ToString()))
        {
            int n = await Stream.ReadAsync(buffer, limit.Token);
            if (n == 0)
            {
                break;
            }
            text.Append(Encoding.Latin1.GetString(buffer, 0, n));
        }
        return text.ToString();
    }

    public void Dispose()
    {
        Stream?.Dispose();
        _socket.Dispose();
        _root.Dispose();
    }

    private async Task OpenAsync(IPEndPoint at, string name, (string, string)? certificate, string[] protocols)
    {
        await _socket.ConnectAsync(at);
        Stream = new SslStream(new NetworkStream(_socket));
        SslClientAuthenticationOptions options = new()
        {
            TargetHost = name,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { _root },
                RevocationMode = X509RevocationMode.NoCheck,
            },
            // The certificates of workloads have no name that a browser would look for.
            RemoteCertificateValidationCallback = (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == 0,
        };
        if (certificate is { } pair)
        {
            options.ClientCertificates = [TestIdentities.ForSslStream(pair)];
        }
        if (protocols.Length > 0)
        {
            options.ApplicationProtocols = [.. protocols.Select(p => new SslApplicationProtocol(p))];
        }
        using CancellationTokenSource limit = new(Patience.Limit);
        await Stream.AuthenticateAsClientAsync(options, limit.Token);
    }
}
