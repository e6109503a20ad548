using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Lateen.Grpc.Server;

/// <summary>What a handler may know of the call it serves.</summary>
public sealed class GrpcServerCall
{
    private readonly HttpContext _context;

    internal GrpcServerCall(HttpContext context, CancellationToken cancellation)
    {
        _context = context;
        Cancellation = cancellation;
    }

    /// <summary>Cancelled when the client goes away, its deadline passes or the server stops.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>The client's address as <c>ip:port</c>, or "unix" on a unix socket.</summary>
    public string Peer => _context.Connection.RemoteIpAddress is { } ip ? $"{ip}:{_context.Connection.RemotePort}" : "unix";

    /// <summary>The certificate the client showed, verified as the listener was told to; null without one.</summary>
    public X509Certificate2? ClientCertificate => _context.Connection.ClientCertificate;

    /// <summary>Whether the connection is encrypted.</summary>
    public bool IsTls => _context.Request.IsHttps;

    /// <summary>Ends the call at once, whatever it waits for; only while it is open.</summary>
    public void Abort() => _context.Abort();

    /// <summary>The values of one name in the call's metadata (request headers), in their order; names are case-insensitive.</summary>
    public IEnumerable<string> Metadata(string name) => _context.Request.Headers[name].OfType<string>();
}
