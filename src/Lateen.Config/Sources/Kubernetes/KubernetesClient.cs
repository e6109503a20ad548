using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>Speaks to a Kubernetes API server; objects are JSON as they stand on the wire.</summary>
/// <remarks>
/// Every failure is a <see cref="KubernetesApiException"/>: the server's Status, or code 0 when it could not be reached.
/// Thread-safe. HTTP/2 where the server offers it, so that many watches share one connection.
/// </remarks>
public sealed class KubernetesClient : IDisposable
{
    private const int PageSize = 500;

    private readonly KubernetesClientOptions _options;
    private readonly Credentials _credentials;
    private readonly SocketsHttpHandler _handler;
    private readonly HttpMessageInvoker _http;

    /// <summary>Creates a client; nothing is sent yet.</summary>
    /// <param name="options">Where the server is and how to be let in.</param>
    /// <param name="time">The clock, for reading the token file again.</param>
    public KubernetesClient(KubernetesClientOptions options, TimeProvider? time = null)
    {
        _options = options;
        _credentials = new Credentials(options, time ?? TimeProvider.System);
        _handler = new SocketsHttpHandler
        {
            SslOptions = _credentials.Tls(),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            // A watch on a dead connection would otherwise hang until the kernel gives up.
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        };
        _http = new HttpMessageInvoker(_handler, disposeHandler: false);
    }

    /// <summary>The namespace to use when none is named.</summary>
    public string Namespace => _options.Namespace;

    /// <summary>The server's address.</summary>
    public Uri Server => _options.Server;

    /// <summary>Reads one object.</summary>
    /// <exception cref="KubernetesApiException">It does not exist (404), the request failed, or the answer is not that object.</exception>
    public async Task<JsonObject> GetAsync(ResourceType type, string? ns, string name, CancellationToken cancellation)
    {
        string path = type.Path(ns, name);
        JsonObject found = await SendAsync(HttpMethod.Get, path, null, cancellation);
        return found.Name() == name
            ? found
            : throw new KubernetesApiException($"GET {path}", new KubernetesStatus(0, "", $"the answer is not {type.Kind} {name}: its metadata.name is \"{found.Name()}\""));
    }

    /// <summary>Reads one object; null when it does not exist.</summary>
    public async Task<JsonObject?> FindAsync(ResourceType type, string? ns, string name, CancellationToken cancellation)
    {
        try
        {
            return await GetAsync(type, ns, name, cancellation);
        }
        catch (KubernetesApiException error) when (error.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Reads all objects, page by page.</summary>
    /// <exception cref="KubernetesApiException">The request failed, or the answer is no list.</exception>
    public async Task<ResourceList> ListAsync(ResourceType type, ObjectSelector selector, CancellationToken cancellation)
    {
        List<JsonObject> items = [];
        string page = "";
        while (true)
        {
            string limit = $"limit={PageSize}" + (page.Length > 0 ? $"&continue={Uri.EscapeDataString(page)}" : "");
            string path = type.Path(selector.Namespace) + selector.Query(limit);
            JsonObject list = await SendAsync(HttpMethod.Get, path, null, cancellation);
            if (!IsList(list))
            {
                // Taken for a list without items it would delete everything that is known.
                throw new KubernetesApiException($"GET {path}", new KubernetesStatus(0, "", "the answer is not a list: it has no items or no resource version"));
            }

            foreach (JsonObject item in list.Items("items").ToList())
            {
                // Lists leave out what the list's own kind says already.
                item["kind"] ??= type.Kind;
                item["apiVersion"] ??= type.ApiVersion;
                items.Add(item);
            }

            page = list.Text("metadata", "continue");
            if (page.Length == 0)
            {
                return new ResourceList(items, list.Text("metadata", "resourceVersion"));
            }
        }
    }

    /// <summary>The resource version of a type's collection now; empty when the server does not tell.</summary>
    /// <exception cref="KubernetesApiException">The request failed.</exception>
    public async Task<string> VersionAsync(ResourceType type, string? ns, CancellationToken cancellation) =>
        (await SendAsync(HttpMethod.Get, type.Path(ns) + "?limit=1", null, cancellation)).Text("metadata", "resourceVersion");

    // Kubernetes API conventions, "Lists": every list has items (null for none in what Go encodes) and a resource version.
    private static bool IsList(JsonObject list) =>
        list.TryGetPropertyValue("items", out JsonNode? items) && items is null or JsonArray && list.Text("metadata", "resourceVersion").Length > 0;

    /// <summary>Creates an object, or a request object such as a TokenReview.</summary>
    /// <param name="subresource">A subresource to create under an object, such as <c>token</c>; then <paramref name="name"/> is that object.</param>
    public Task<JsonObject> CreateAsync(
        ResourceType type, string? ns, JsonObject value, CancellationToken cancellation, string? name = null, string? subresource = null) =>
        SendAsync(HttpMethod.Post, type.Path(ns, name, subresource), value, cancellation);

    /// <summary>Replaces an object; with a resource version in it, only when nobody changed it since (409 otherwise).</summary>
    public Task<JsonObject> ReplaceAsync(ResourceType type, JsonObject value, CancellationToken cancellation, string? subresource = null) =>
        SendAsync(HttpMethod.Put, type.Path(value.Namespace(), value.Name(), subresource), value, cancellation);

    /// <summary>Replaces the status of an object.</summary>
    public Task<JsonObject> ReplaceStatusAsync(ResourceType type, JsonObject value, CancellationToken cancellation) =>
        ReplaceAsync(type, value, cancellation, "status");

    /// <summary>Patches an object or a subresource of it.</summary>
    public Task<JsonObject> PatchAsync(
        ResourceType type, ObjectKey key, PatchKind kind, JsonNode patch, CancellationToken cancellation, string? subresource = null)
    {
        (string mediaType, string query) = kind switch
        {
            PatchKind.Json => ("application/json-patch+json", ""),
            PatchKind.Merge => ("application/merge-patch+json", ""),
            PatchKind.StrategicMerge => ("application/strategic-merge-patch+json", ""),
            _ => ("application/apply-patch+yaml", $"?fieldManager={Uri.EscapeDataString(_options.UserAgent)}&force=true"),
        };
        return SendAsync(HttpMethod.Patch, type.Path(key.Namespace, key.Name, subresource) + query, patch, cancellation, mediaType);
    }

    /// <summary>Deletes an object.</summary>
    /// <param name="gracePeriodSeconds">Seconds that a pod may take to stop; 0 removes it at once; null for its own.</param>
    /// <param name="uid">Only when the object still has this uid; null for any.</param>
    public Task DeleteAsync(
        ResourceType type, string? ns, string name, CancellationToken cancellation, int? gracePeriodSeconds = null, string? uid = null)
    {
        JsonObject options = new() { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1" };
        if (gracePeriodSeconds is { } grace)
        {
            options["gracePeriodSeconds"] = grace;
        }

        if (uid is not null)
        {
            options["preconditions"] = new JsonObject { ["uid"] = uid };
        }

        return SendAsync(HttpMethod.Delete, type.Path(ns, name), options, cancellation);
    }

    /// <summary>Watches objects from a resource version on, until the server ends the stream.</summary>
    /// <param name="lifetime">After which the server is asked to end the stream.</param>
    /// <exception cref="KubernetesApiException">410 when the resource version is too old (list again); 0 when the stream broke.</exception>
    public async IAsyncEnumerable<WatchEvent> WatchAsync(
        ResourceType type,
        ObjectSelector selector,
        string resourceVersion,
        TimeSpan lifetime,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        string seconds = ((long)lifetime.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        string path = type.Path(selector.Namespace) + selector.Query(
            $"watch=true&allowWatchBookmarks=true&resourceVersion={Uri.EscapeDataString(resourceVersion)}&timeoutSeconds={seconds}");
        using HttpResponseMessage response = await OpenAsync(HttpMethod.Get, path, null, cancellation);
        Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        await foreach (WatchEvent item in WatchStream.ReadAsync(body, "GET " + path, cancellation))
        {
            yield return item;
        }
    }

    /// <summary>Sends a request whose answer is a JSON object.</summary>
    /// <param name="path">Path and query.</param>
    /// <param name="body">The body; null for none.</param>
    /// <param name="mediaType">The body's type.</param>
    public async Task<JsonObject> SendAsync(
        HttpMethod method, string path, JsonNode? body, CancellationToken cancellation, string mediaType = "application/json")
    {
        byte[] answer = await ReadAsync(method, path, Content(body, mediaType), cancellation);
        try
        {
            return JsonNode.Parse(answer) as JsonObject ?? [];
        }
        catch (JsonException error)
        {
            throw new KubernetesApiException($"{method} {path}", new KubernetesStatus(0, "", $"the answer is not JSON: {error.Message}"), error);
        }
    }

    /// <summary>Reads a page that is text: logs, metrics, or a page behind the pod proxy.</summary>
    /// <param name="path">Path and query.</param>
    public async Task<string> GetTextAsync(string path, CancellationToken cancellation) =>
        Encoding.UTF8.GetString(await ReadAsync(HttpMethod.Get, path, null, cancellation));

    /// <summary>Sends a request and hands out the response as soon as its head is there; the caller disposes it. Has no time limit.</summary>
    /// <exception cref="KubernetesApiException">The answer is not a success.</exception>
    public async Task<HttpResponseMessage> OpenAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellation)
    {
        string request = $"{method} {path}";
        using HttpRequestMessage message = new(method, new Uri(_options.Server, path))
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.Authorization = _credentials.Authorization();
        message.Headers.UserAgent.ParseAdd(_options.UserAgent);
        message.Headers.Host = _options.TlsServerName;
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(message, cancellation);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            string why = error.InnerException is { } inner ? $"{error.Message} {inner.Message}" : error.Message;
            throw new KubernetesApiException(request, new KubernetesStatus(0, "", $"no answer from {_options.Server}: {why}"), error);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            string body = await response.Content.ReadAsStringAsync(cancellation);
            throw new KubernetesApiException(request, KubernetesStatus.Parse(body, (int)response.StatusCode));
        }
    }

    /// <summary>Runs a command in a container and waits for its end.</summary>
    /// <exception cref="KubernetesApiException">The command could not be started.</exception>
    public Task<ExecResult> ExecAsync(ExecRequest request, ExecStreams streams, CancellationToken cancellation) =>
        ExecSession.RunAsync(_options.Server, _credentials, request, streams, cancellation);

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }

    private async Task<byte[]> ReadAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.RequestTimeout);
        try
        {
            using HttpResponseMessage response = await OpenAsync(method, path, content, limit.Token);
            return await response.Content.ReadAsByteArrayAsync(limit.Token);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            string why = $"no answer from {_options.Server} within {_options.RequestTimeout.TotalSeconds:0} s";
            throw new KubernetesApiException($"{method} {path}", new KubernetesStatus(0, "Timeout", why), error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new KubernetesApiException($"{method} {path}", new KubernetesStatus(0, "", error.Message), error);
        }
    }

    private static ByteArrayContent? Content(JsonNode? body, string mediaType)
    {
        if (body is null)
        {
            return null;
        }

        ByteArrayContent content = new(Encoding.UTF8.GetBytes(body.ToJsonString()));
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return content;
    }
}
