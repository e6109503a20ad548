using System.Buffers;
using System.Buffers.Text;
using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Routing;
using Lateen.Proxy.TransportSockets;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>The outcome of <see cref="RequestPreparation"/>: status 0 means go on.</summary>
internal readonly ref struct PrepareResult
{
    public int Status { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    public ResponseFlags Flags { get; init; }

    public string Details { get; init; }

    public bool Close { get; init; }

    public byte[]? Location { get; init; }

    /// <summary>The client's address after x-forwarded-for.</summary>
    public IpEndpoint Remote { get; init; }
}

/// <summary>
/// What a connection manager does to a request before it looks for a route: host and path checks, normalisation, hop-by-hop fields,
/// x-forwarded-*, x-request-id, and the removal of what only internal clients may say.
/// </summary>
/// <remarks>Rules: envoy-behaviour 3 and 9 (HTTP header manipulation in Envoy's documentation).</remarks>
internal static class RequestPreparation
{
    private static readonly SearchValues<byte> BadInAuthority = SearchValues.Create(" \t\"<>\\^`{|}/?#"u8);

    private static readonly HttpField[] InternalOnly =
    [
        HttpField.XEnvoyRetriableStatusCodes, HttpField.XEnvoyRetriableHeaderNames, HttpField.XEnvoyRetryOn, HttpField.XEnvoyRetryGrpcOn,
        HttpField.XEnvoyMaxRetries, HttpField.XEnvoyUpstreamAltStatName, HttpField.XEnvoyUpstreamRqTimeoutMs,
        HttpField.XEnvoyUpstreamRqPerTryTimeoutMs, HttpField.XEnvoyUpstreamRqTimeoutAltResponse, HttpField.XEnvoyExpectedRqTimeoutMs,
        HttpField.XEnvoyForceTrace, HttpField.XEnvoyIpTags, HttpField.XEnvoyOriginalUrl, HttpField.XEnvoyHedgeOnPerTryTimeout,
    ];

    public static PrepareResult Prepare(MessageHead head, HttpManager manager, StreamInfo info, ProxyWorker worker)
    {
        if (!head.Target.IsEmpty && head.Target[0] != '/' && !head.IsConnectMethod && !TakeAbsoluteForm(head))
        {
            return new PrepareResult { Status = 404, Details = "absolute_path_rejected" };
        }
        if (head.IsConnectMethod && !head.Target.IsEmpty)
        {
            // RFC 9112 3.2.3: the target is the authority.
            head.Set(HttpField.Host, head.Target);
        }
        ReadOnlySpan<byte> host = head.Get(HttpField.Host);
        if (!head.Has(HttpField.Host) && !head.IsHttp10)
        {
            return new PrepareResult { Status = 400, Details = "missing_host_header" };
        }
        if (!IsAuthority(host))
        {
            return new PrepareResult { Status = 400, Body = "Bad Request"u8, Details = "http.invalid_authority", Close = true };
        }
        if (manager.StripHostPort != StripHostPort.None)
        {
            StripPort(head, manager, info);
        }
        if (!head.IsConnectMethod && !PathRules.Apply(head, manager, out byte[]? redirect))
        {
            return redirect is null
                ? new PrepareResult { Status = 400, Details = "path_normalization_failed" }
                : new PrepareResult { Status = 307, Location = redirect, Details = "path_normalization_failed" };
        }
        RemoveHopByHop(head);
        IpEndpoint remote = Forwarded(head, manager, info, worker);
        return new PrepareResult { Remote = remote };
    }

    // Envoy: a CONNECT's port belongs to its target and stays.
    private static void StripPort(MessageHead head, HttpManager manager, StreamInfo info)
    {
        ReadOnlySpan<byte> host = head.Get(HttpField.Host);
        ReadOnlySpan<byte> name = RouteTable.CutPort(host);
        if (name.Length == host.Length || head.IsConnectMethod)
        {
            return;
        }
        bool isListeners = Utf8Parser.TryParse(host[(name.Length + 1)..], out int port, out _) && port == info.DownstreamLocal.Port;
        if (manager.StripHostPort == StripHostPort.Any || isListeners)
        {
            Span<byte> copy = stackalloc byte[512];
            head.Set(HttpField.Host, name.TryCopyTo(copy) ? copy[..name.Length] : name.ToArray());
        }
    }

    // RFC 9112 3.2.2: the host of an absolute target replaces the Host field.
    private static bool TakeAbsoluteForm(MessageHead head)
    {
        ReadOnlySpan<byte> target = head.Target;
        int scheme = target.StartsWith("http://"u8) ? 7 : target.StartsWith("https://"u8) ? 8 : 0;
        if (scheme == 0)
        {
            return false;
        }
        ReadOnlySpan<byte> rest = target[scheme..];
        int slash = rest.IndexOfAny((byte)'/', (byte)'?');
        Span<byte> copy = stackalloc byte[512];
        ReadOnlySpan<byte> host = slash < 0 ? rest : rest[..slash];
        if (host.IsEmpty || host.Length > copy.Length || host.Contains((byte)'@'))
        {
            return false;
        }
        host.CopyTo(copy);
        int hostLength = host.Length;
        byte[] path = slash < 0 ? "/"u8.ToArray() : rest[slash] == '?' ? [(byte)'/', .. rest[slash..]] : rest[slash..].ToArray();
        head.SetTarget(path);
        head.Set(HttpField.Host, copy[..hostLength]);
        return true;
    }

    private static bool IsAuthority(ReadOnlySpan<byte> host) =>
        host.IndexOfAny(BadInAuthority) < 0 && host.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7e) < 0;

    private static void RemoveHopByHop(MessageHead head)
    {
        head.Remove(HttpField.Connection);
        head.Remove(HttpField.KeepAlive);
        head.Remove(HttpField.ProxyConnection);
        head.Remove(HttpField.TransferEncoding);
        if (head.Has(HttpField.Te) && !HttpSyntax.EqualsIgnoreCase(head.Get(HttpField.Te), "trailers"u8))
        {
            head.Remove(HttpField.Te);
        }
    }

    private static IpEndpoint Forwarded(MessageHead head, HttpManager manager, StreamInfo info, ProxyWorker worker)
    {
        IpEndpoint direct = info.DownstreamRemote;
        bool hadForwardedFor = head.Has(HttpField.XForwardedFor);
        IpEndpoint client = direct;
        bool single = false;
        if (manager.UseRemoteAddress)
        {
            if (manager.TrustedHops > 0 && hadForwardedFor)
            {
                client = ForwardedFor.FromRight(head, (int)manager.TrustedHops, direct);
            }
            if (!manager.SkipXffAppend)
            {
                ForwardedFor.Append(head, direct);
            }
        }
        else if (hadForwardedFor)
        {
            client = ForwardedFor.FromRight(head, (int)manager.TrustedHops + 1, direct);
            single = ForwardedFor.IsSingle(head);
        }
        ReadOnlySpan<byte> scheme = info.DownstreamTls is null ? "http"u8 : "https"u8;
        if (manager.UseRemoteAddress && manager.TrustedHops == 0)
        {
            head.Set(HttpField.XForwardedProto, scheme);
        }
        else if (!head.Has(HttpField.XForwardedProto))
        {
            head.Add(HttpField.XForwardedProto, scheme);
        }
        bool isInternal = (manager.UseRemoteAddress ? !hadForwardedFor : single) && ForwardedFor.IsInternal(client);
        bool edge = manager.UseRemoteAddress && !isInternal;
        head.Remove(HttpField.XEnvoyInternal);
        if (isInternal)
        {
            head.Add(HttpField.XEnvoyInternal, "true"u8);
        }
        else
        {
            foreach (HttpField field in InternalOnly)
            {
                head.Remove(field);
            }
        }
        if (edge)
        {
            RemoveEdge(head, client);
        }
        ForwardCertificate(head, manager, info.DownstreamTls);
        if (manager.GenerateRequestId && (!head.Has(HttpField.XRequestId) || (edge && !manager.PreserveExternalRequestId)))
        {
            Span<byte> id = stackalloc byte[RequestId.Length];
            RequestId.Write(worker.Random, id);
            head.Set(HttpField.XRequestId, id);
        }
        return client;
    }

    // Envoy, "x-forwarded-client-cert": from a client that has not shown a certificate nothing is believed, but for ALWAYS_FORWARD_ONLY.
    private static void ForwardCertificate(MessageHead head, HttpManager manager, DownstreamTlsState? tls)
    {
        if (manager.ForwardClientCert == ForwardClientCert.AlwaysForwardOnly)
        {
            return;
        }
        if (manager.ForwardClientCert == ForwardClientCert.Sanitize || tls?.Details.Peer is null)
        {
            head.Remove(HttpField.XForwardedClientCert);
            return;
        }
        if (manager.ForwardClientCert == ForwardClientCert.ForwardOnly)
        {
            return;
        }
        byte[] element = tls.ForwardedElement(manager.ClientCertDetails);
        ReadOnlySpan<byte> earlier = manager.ForwardClientCert == ForwardClientCert.AppendForward ? head.Get(HttpField.XForwardedClientCert) : [];
        if (earlier.IsEmpty)
        {
            head.Set(HttpField.XForwardedClientCert, element);
            return;
        }
        head.Set(HttpField.XForwardedClientCert, [.. earlier, (byte)',', .. element]);
    }

    private static void RemoveEdge(MessageHead head, in IpEndpoint client)
    {
        head.Remove(HttpField.XEnvoyDecoratorOperation);
        head.Remove("x-envoy-downstream-service-cluster"u8);
        head.Remove("x-envoy-downstream-service-node"u8);
        head.Remove(HttpField.XEnvoyOriginalPath);
        Span<byte> text = stackalloc byte[IpEndpoint.MaximumTextLength];
        head.Set(HttpField.XEnvoyExternalAddress, text[..client.FormatAddress(text)]);
    }
}
