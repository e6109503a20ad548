using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Admission;

/// <summary>Calls webhooks over HTTPS, at a URL or at a ready pod of a Service, and holds their certificate against caBundle.</summary>
internal sealed class WebhookClient(ServiceResolver services) : IDisposable
{
    private const int AnswerLimit = 4 * 1024 * 1024;
    private const int ClientLimit = 64;

    private readonly ConcurrentDictionary<(string CaBundle, string Host), HttpClient> _clients = new();

    /// <summary>Sends an AdmissionReview and returns the one that comes back.</summary>
    /// <exception cref="Exception">Whatever kept the call from being answered; its message is for the user.</exception>
    public async Task<JsonElement> CallAsync(JsonElement clientConfig, JsonObject review, TimeSpan timeout, CancellationToken cancel)
    {
        var url = Url(clientConfig);
        var client = ClientFor(clientConfig, url);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(timeout);
        try
        {
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(review.ToJsonString()));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await client.PostAsync(new Uri($"{url}?timeout={(int)timeout.TotalSeconds}s"), content, deadline.Token);
            var body = await response.Content.ReadAsByteArrayAsync(deadline.Token);
            return response.IsSuccessStatusCode
                ? JsonDocument.Parse(body).RootElement
                : throw new IOException($"the webhook answered {(int)response.StatusCode}: {Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 300)))}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"Post \"{url}\": no answer within {timeout.TotalSeconds} s (context deadline exceeded)");
        }
        catch (HttpRequestException problem)
        {
            throw new IOException($"Post \"{url}\": {problem.InnerException?.Message ?? problem.Message}", problem);
        }
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    private static Uri Url(JsonElement clientConfig)
    {
        if (clientConfig.Text("url") is { } url)
        {
            return new Uri(url);
        }

        var service = clientConfig.At("service");
        var path = service.Text("path") ?? "/";
        return new Uri($"https://{service.Text("name")}.{service.Text("namespace")}.svc:{service.Number("port") ?? 443}{(path.StartsWith('/') ? path : "/" + path)}");
    }

    private HttpClient ClientFor(JsonElement clientConfig, Uri url)
    {
        if (_clients.Count > ClientLimit)
        {
            // Certificates were rotated many times; the idle clients of old ones go.
            foreach (var key in _clients.Keys)
            {
                _clients.TryRemove(key, out _);
            }
        }

        return _clients.GetOrAdd((clientConfig.Text("caBundle") ?? "", url.Authority), key => Create(key.CaBundle, clientConfig));
    }

    private HttpClient Create(string caBundle, JsonElement clientConfig)
    {
        var roots = Roots(caBundle);
        var service = clientConfig.At("service");
        var handler = new SocketsHttpHandler
        {
            // Pods come and go: a connection is not kept for long.
            PooledConnectionLifetime = TimeSpan.FromSeconds(30),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
            UseProxy = false,
            AllowAutoRedirect = false,
        };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) => Trusted(roots, certificate, errors);
        if (service.ValueKind == JsonValueKind.Object)
        {
            var (ns, name) = (service.Text("namespace") ?? "", service.Text("name") ?? "");
            handler.ConnectCallback = async (context, cancel) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(services.Resolve(ns, name, context.DnsEndPoint.Port), cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        return new HttpClient(handler) { MaxResponseContentBufferSize = AnswerLimit, Timeout = Timeout.InfiniteTimeSpan };
    }

    private static X509Certificate2Collection Roots(string caBundle)
    {
        var roots = new X509Certificate2Collection();
        if (caBundle.Length > 0)
        {
            roots.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(caBundle)));
        }

        return roots;
    }

    /// <summary>The name has to match in any case; the chain has to end in the bundle, or in the system's roots without one.</summary>
    private static bool Trusted(X509Certificate2Collection roots, X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (roots.Count == 0)
        {
            return errors == SslPolicyErrors.None;
        }

        if (certificate is not X509Certificate2 leaf || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(leaf);
    }
}
