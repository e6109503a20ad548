namespace Lateen.Model;

/// <summary>The protocol that a service port speaks, as far as the mesh knows it.</summary>
public enum Protocol
{
    /// <summary>Nothing names the protocol: the proxy finds out from the first bytes.</summary>
    Unsupported,
    Tcp,
    Udp,
    Http,
    Http2,
    HttpProxy,
    Grpc,
    GrpcWeb,
    Https,
    Tls,
    Mongo,
    Redis,
    MySql,
}

/// <summary>The classes that translation asks for, and how a port's protocol is chosen.</summary>
/// <remarks>Istio, "Protocol Selection": appProtocol, else the port name's prefix, else well-known ports, else detection.</remarks>
public static class Protocols
{
    public static bool IsHttp(this Protocol protocol) =>
        protocol is Protocol.Http or Protocol.Http2 or Protocol.HttpProxy or Protocol.Grpc or Protocol.GrpcWeb;

    public static bool IsHttp2(this Protocol protocol) => protocol is Protocol.Http2 or Protocol.Grpc or Protocol.GrpcWeb;

    public static bool IsTcp(this Protocol protocol) =>
        protocol is Protocol.Tcp or Protocol.Https or Protocol.Tls or Protocol.Mongo or Protocol.Redis or Protocol.MySql;

    /// <summary>Routed by the server name of the TLS hello.</summary>
    public static bool IsTls(this Protocol protocol) => protocol is Protocol.Https or Protocol.Tls;

    public static bool IsUnsupported(this Protocol protocol) => protocol is Protocol.Unsupported;

    /// <summary>The protocol that a name stands for, without regard to case; <see cref="Protocol.Unsupported"/> when it stands for none.</summary>
    public static Protocol Parse(string name) => name.ToLowerInvariant() switch
    {
        "tcp" => Protocol.Tcp,
        "udp" => Protocol.Udp,
        "grpc" => Protocol.Grpc,
        "grpc-web" => Protocol.GrpcWeb,
        "http" => Protocol.Http,
        "http_proxy" => Protocol.HttpProxy,
        "http2" => Protocol.Http2,
        "https" => Protocol.Https,
        "tls" => Protocol.Tls,
        "mongo" => Protocol.Mongo,
        "redis" => Protocol.Redis,
        "mysql" => Protocol.MySql,
        _ => Protocol.Unsupported,
    };

    /// <summary>The spelling of Istio's API (`HTTP`, `GRPC-Web`); `UnsupportedProtocol` for none.</summary>
    public static string Name(this Protocol protocol) => protocol switch
    {
        Protocol.GrpcWeb => "GRPC-Web",
        Protocol.HttpProxy => "HTTP_PROXY",
        Protocol.Mongo => "Mongo",
        Protocol.Redis => "Redis",
        Protocol.MySql => "MySQL",
        Protocol.Unsupported => "UnsupportedProtocol",
        _ => protocol.ToString().ToUpperInvariant(),
    };

    /// <summary>The protocol of a port of a Kubernetes Service.</summary>
    /// <param name="port">The service port's number.</param>
    /// <param name="portName">The service port's name, may be empty.</param>
    /// <param name="transport">`TCP`, `UDP` or `SCTP`; empty means TCP.</param>
    /// <param name="appProtocol">The port's appProtocol; null where it is not set.</param>
    public static Protocol OfKubernetesPort(int port, string portName, string transport, string? appProtocol)
    {
        if (transport == "UDP")
        {
            return Protocol.Udp;
        }

        var name = portName;
        if (appProtocol is not null)
        {
            // KEP-3726: the standard names of Kubernetes carry its prefix.
            if (appProtocol == "kubernetes.io/h2c")
            {
                return Protocol.Http2;
            }

            name = appProtocol;
        }

        if (name.Length >= 8 && name.StartsWith("grpc-web", StringComparison.OrdinalIgnoreCase))
        {
            return Protocol.GrpcWeb;
        }

        var dash = name.IndexOf('-', StringComparison.Ordinal);
        var protocol = Parse(dash >= 0 ? name[..dash] : name);
        if (protocol is not (Protocol.Unsupported or Protocol.HttpProxy))
        {
            return protocol;
        }

        // SMTP, DNS, MySQL and MongoDB servers speak first: waiting for the client's bytes would wait for ever.
        return port is 25 or 53 or 3306 or 27017 ? Protocol.Tcp : Protocol.Unsupported;
    }
}
