using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Service.Auth.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Http;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Routing;
using Lateen.Proxy.TransportSockets;

namespace Lateen.Proxy.Filters.ExtAuthz;

/// <summary>Describes a request or a connection as envoy.service.auth.v3.CheckRequest.</summary>
internal static class CheckRequests
{
    public static CheckRequest Of(HttpExchange exchange, DownstreamConnection connection, ExtAuthzConfig config)
    {
        MessageHead head = exchange.Request;
        RouteQuery query = exchange.Query();
        AttributeContext.Types.HttpRequest http = new()
        {
            Id = Text(head.Get(HttpField.XRequestId)),
            Method = Text(head.Method),
            Path = Text(head.Target),
            Host = Text(head.Get(HttpField.Host)),
            Scheme = Text(query.Scheme),
            Size = head.ContentLength,
            Protocol = Text(exchange.DownstreamProtocol.Name()),
        };
        AddFields(http, head, query, config);
        if (config.WithBody is { } buffer)
        {
            ReadOnlySpan<byte> body = buffer.Cut(exchange.KeptBody);
            if (buffer.PacksAsBytes)
            {
                http.RawBody = ByteString.CopyFrom(body);
            }
            else
            {
                http.Body = Text(body);
            }
            http.Headers["x-envoy-auth-partial-body"] = buffer.IsPartial(exchange) ? "true" : "false";
        }
        AttributeContext context = Connection(connection, exchange.DownstreamRemote, config.IncludesPeerCertificate, config.IncludesTlsSession);
        context.Source.Service = head.TryGet("x-envoy-downstream-service-cluster"u8, out ReadOnlySpan<byte> service) ? Text(service) : "";
        context.Request = new() { Http = http, Time = Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(exchange.StartWall)) };
        foreach ((string key, string value) in config.Context ?? new Dictionary<string, string>())
        {
            context.ContextExtensions[key] = value;
        }
        foreach (string name in config.MetadataNamespaces)
        {
            if (exchange.Metadata?[name] is { } fields)
            {
                (context.MetadataContext ??= new()).FilterMetadata[name] = fields;
            }
        }
        return new CheckRequest { Attributes = context };
    }

    /// <summary>A connection that is not HTTP.</summary>
    public static CheckRequest Of(DownstreamConnection connection, bool includesCertificate, bool includesTlsSession) =>
        new() { Attributes = Connection(connection, connection.Remote, includesCertificate, includesTlsSession) };

    private static AttributeContext Connection(DownstreamConnection connection, in IpEndpoint client, bool includesCertificate, bool includesTlsSession)
    {
        DownstreamTlsState? tls = connection.Tls;
        AttributeContext context = new()
        {
            Source = new() { Address = AddressOf(client), Principal = Principal(tls?.Details.Peer) },
            Destination = new() { Address = AddressOf(connection.Local), Principal = Principal(tls?.Local) },
        };
        if (includesCertificate && tls?.Details.Peer is { } certificate)
        {
            context.Source.Certificate = Uri.EscapeDataString(System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", certificate.Der.Span) + "\n");
        }
        if (includesTlsSession && tls is not null && connection.ServerName.Length > 0)
        {
            context.TlsSession = new() { Sni = connection.ServerName };
        }
        return context;
    }

    // Envoy: names in lower case, the values of one name joined by commas, pseudo-headers among them.
    private static void AddFields(AttributeContext.Types.HttpRequest http, MessageHead head, in RouteQuery query, ExtAuthzConfig config)
    {
        void Add(string name, string value)
        {
            http.Headers[name] = http.Headers.TryGetValue(name, out string? before) ? $"{before},{value}" : value;
        }
        bool Allows(string name) => (config.AllowedFields.Length == 0 || Array.Exists(config.AllowedFields, m => TextBytes.Matches(m, name)))
            && !Array.Exists(config.DisallowedFields, m => TextBytes.Matches(m, name));
        foreach ((string name, string value) in ((string, string)[])[
            (":authority", Text(head.Get(HttpField.Host))), (":method", Text(head.Method)), (":path", Text(head.Target)), (":scheme", Text(query.Scheme))])
        {
            if (Allows(name))
            {
                Add(name, value);
            }
        }
        foreach (ref readonly FieldLine line in head.Fields)
        {
            if (line.Removed || line.Field == HttpField.Host)
            {
                continue;
            }
            string name = Text(head.NameOf(line)).ToLowerInvariant();
            if (Allows(name))
            {
                Add(name, Text(head.ValueOf(line)));
            }
        }
    }

    // Envoy: the URI name of the certificate, else its DNS name, else its subject.
    private static string Principal(Net.Tls.PeerCertificate? certificate) => certificate switch
    {
        null => "",
        { UriNames: [var uri, ..] } => uri,
        { DnsNames: [var dns, ..] } => dns,
        _ => certificate.Subject,
    };

    private static Address AddressOf(in IpEndpoint endpoint) =>
        new() { SocketAddress = new() { Address = endpoint.ToAddress().ToString(), PortValue = endpoint.Port } };

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
