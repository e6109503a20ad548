using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Lateen.Grpc.Framing;

namespace Lateen.Grpc.Client;

/// <summary>How a client reaches one server.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary><c>https://host:port</c>, or <c>http://host:port</c> for HTTP/2 without TLS.</summary>
    public required Uri Address { get; init; }

    /// <summary>Connects to this unix socket; <see cref="Address"/> then only gives the authority and whether TLS is used.</summary>
    public string? UnixSocketPath { get; init; }

    /// <summary>Asked on each new connection for the only roots the server's certificate may chain to; null means the machine's.</summary>
    public Func<X509Certificate2Collection>? TrustedRoots { get; init; }

    /// <summary>The name that SNI and :authority carry and the certificate must match; null means the host of <see cref="Address"/>.</summary>
    public string? ServerName { get; init; }

    /// <summary>Asked on each new connection for the client's certificate; null result means none.</summary>
    public Func<SslStreamCertificateContext?>? ClientCertificate { get; init; }

    /// <summary>Longest time a connection attempt may take. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>An HTTP/2 PING is sent after this much silence; unanswered for as long, the connection is given up. Default 30 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest response message in bytes, as it comes and as it is when inflated. Default 64 MiB.</summary>
    public int MaxMessageLength { get; init; } = GrpcFrames.DefaultMaxMessageLength;
}
