using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Lateen.Grpc.Compression;
using Lateen.Grpc.Framing;

namespace Lateen.Grpc.Client;

/// <summary>Calls to one server over HTTP/2 connections that are opened when needed and kept.</summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly HttpMessageInvoker _invoker;
    private readonly GrpcChannelOptions _options;

    public GrpcChannel(GrpcChannelOptions options)
    {
        _options = options;
        _invoker = new HttpMessageInvoker(Handler(options));
    }

    /// <summary>One request, one response.</summary>
    /// <exception cref="GrpcException">Any end other than OK, failures of the connection included.</exception>
    public async Task<TResponse> UnaryAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, GrpcCallOptions options, CancellationToken cancellation)
    {
        await using var call = Start(method, options, cancellation);
        await call.WriteAsync(request);
        await call.CompleteAsync();
        var (any, response) = await call.ReadAsync();
        if (!any)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"{method.Path} answered OK without a message");
        }
        // The status comes after the message: only a clean end makes the answer good.
        _ = await call.ReadAsync();
        return response;
    }

    /// <summary>Starts a streaming call. The connection is made in the background; failures come out of reads and writes.</summary>
    public GrpcCall<TRequest, TResponse> Start<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, GrpcCallOptions options, CancellationToken cancellation)
    {
        var content = new GrpcRequestContent();
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_options.Address, method.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        // SocketsHttpHandler takes SNI and the name to verify from the Host header, whatever SslOptions say.
        request.Headers.Host = _options.ServerName;
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Headers.TryAddWithoutValidation("grpc-accept-encoding", GzipInflater.Encoding);
        if (options.Timeout is { } timeout)
        {
            request.Headers.TryAddWithoutValidation(GrpcTimeout.Header, GrpcTimeout.Format(timeout));
        }
        foreach (var (name, value) in options.Metadata ?? [])
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        return new GrpcCall<TRequest, TResponse>(_invoker, request, content, method, _options.MaxMessageLength, options.Timeout, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();

    private static SocketsHttpHandler Handler(GrpcChannelOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        if (options.TrustedRoots is { } roots)
        {
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors, roots());
            // The runtime verifies too, before it asks: to no roots at all, as what it finds does not count.
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        }
        if (options.ClientCertificate is { } certificate)
        {
            tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate()?.TargetCertificate!;
        }
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            KeepAlivePingDelay = options.KeepAlive,
            KeepAlivePingTimeout = options.KeepAlive,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            EnableMultipleHttp2Connections = true,
            // A long answer shall not wait for a window at every 64 KiB of it; Envoy's own is 256 MiB.
            InitialHttp2StreamWindowSize = 1 << 20,
            SslOptions = tls,
        };
        if (options.UnixSocketPath is { } path)
        {
            handler.ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }
        return handler;
    }

    // The name was compared by the runtime already; here only the chain is built anew, to the given roots.
    private static bool IsTrusted(
        X509Certificate? certificate, X509Chain? received, SslPolicyErrors errors, X509Certificate2Collection roots)
    {
        if (certificate is not X509Certificate2 leaf || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }
        using var chain = new X509Chain
        {
            ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck },
        };
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        if (received is not null)
        {
            foreach (var element in received.ChainElements)
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }
        }
        return chain.Build(leaf);
    }
}
