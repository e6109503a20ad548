using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Lateen.Tests.Sandbox.Api;

/// <summary>An endpoint of its own for each test class: in this process, in memory, on a free port.</summary>
public sealed class ApiServerFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lateen-api-");
    private ApiServer? _server;
    private HttpClient? _client;

    public ApiServer Server => _server!;

    public HttpClient Client => _client!;

    public string KubeConfig => Path.Combine(_folder.FullName, "kubeconfig");

    public string Folder => _folder.FullName;

    public async ValueTask InitializeAsync()
    {
        _server = new ApiServer(new ApiServerOptions { StateFolder = Path.Combine(Folder, "state"), InMemory = true, Random = Random.Shared }, NullLoggerFactory.Instance);
        await _server.StartAsync(CancellationToken.None);
        _server.WriteKubeConfig(KubeConfig);
        _client = NewClient(_server.AdminToken);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.StopAsync(CancellationToken.None);
            await _server.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    public HttpClient NewClient(string? token)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(Server.AuthorityPem);
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        var client = new HttpClient(handler) { BaseAddress = Server.Address };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return client;
    }

    internal async Task<ApiAnswer> SendAsync(string method, string path, string? body = null, string contentType = "application/json", string? accept = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, contentType);
        }

        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var warnings = response.Headers.TryGetValues("Warning", out var values) ? values.ToList() : [];
        return new ApiAnswer(response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text)! : JsonValue.Create(text), warnings);
    }

    /// <summary>Makes a namespace that no other test uses and returns its name.</summary>
    internal async Task<string> NamespaceAsync(string labels = "{}")
    {
        var name = "t" + Guid.NewGuid().ToString("N")[..10];
        var answer = await SendAsync("POST", "/api/v1/namespaces", $$$$$"""{"metadata":{"name":"{{{{{name}}}}}","labels":{{{{{labels}}}}}}}""");
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        return name;
    }
}

internal sealed record ApiAnswer(HttpStatusCode Status, JsonNode Body, IReadOnlyList<string> Warnings)
{
    /// <summary>The value at a path of fields and indexes, as text; null when absent.</summary>
    public string? At(params object[] path)
    {
        JsonNode? node = Body;
        foreach (var step in path)
        {
            node = step switch
            {
                int index => node is JsonArray array && index < array.Count ? array[index] : null,
                _ => node is JsonObject obj ? obj[(string)step] : null,
            };
        }

        return node?.ToString();
    }
}
