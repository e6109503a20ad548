using System.Globalization;
using Lateen.Sandbox.Api.Admission;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Serving;
using Lateen.Sandbox.Store;
using Microsoft.AspNetCore.Http;

namespace Lateen.Sandbox.Api.Streaming;

/// <summary>The proxy subresource of pods and services: <c>[SCHEME:]NAME[:PORT]/proxy/PATH</c> as plain HTTP to the pod's address.</summary>
internal sealed class PodProxy(ObjectStore store, ServiceResolver services) : IDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(1);

    /// <summary>RFC 9110 7.6.1: headers of one connection only, and those that concern the endpoint itself.</summary>
    private static readonly HashSet<string> NotPassed = new(StringComparer.OrdinalIgnoreCase)
    {
        "Authorization", "Connection", "Host", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length",
    };

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
    });

    public async Task HandleAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        var target = Locate(request);
        var path = request.Target.Rest.Length == 0 ? "/" : request.Target.Rest;
        using var message = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri($"{target}{path}{context.Request.QueryString}"));
        var hasBody = context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0;
        message.Content = hasBody ? new StreamContent(context.Request.Body) : null;
        foreach (var (name, values) in context.Request.Headers)
        {
            if (!NotPassed.Contains(name) && !name.StartsWith(':'))
            {
                _ = message.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values)
                    || message.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values) == true;
            }
        }

        using var response = await SendAsync(message, target, cancel);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            if (!NotPassed.Contains(name))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }

        await response.Content.CopyToAsync(context.Response.Body, cancel);
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, string target, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(AnswerTimeout);
        try
        {
            return await _client.SendAsync(message, deadline.Token);
        }
        catch (Exception problem) when (problem is HttpRequestException || (problem is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new ApiException(503, "ServiceUnavailable", $"error trying to reach service: {target}: {problem.InnerException?.Message ?? problem.Message}");
        }
    }

    private string Locate(ApiRequest request)
    {
        var parts = request.Target.Name.Split(':');
        var (scheme, name, port) = parts.Length switch
        {
            1 => ("http", parts[0], ""),
            2 => ("http", parts[0], parts[1]),
            _ => (parts[0] is "https" ? "https" : "http", parts[1], parts[2]),
        };
        if (request.Resource.Kind == "Service")
        {
            return $"{scheme}://{ServiceEndpoint(request.Target.Namespace, name, port)}";
        }

        var pod = store.Get(new ObjectKey("pods", request.Target.Namespace, name)) ?? throw ApiException.NotFound("pods", name);
        var address = pod.Root.Text("status", "podIP") is { Length: > 0 } ip ? ip : throw new ApiException(503, "ServiceUnavailable", $"pod {name} has no address yet");
        var number = port.Length > 0 ? port
            : pod.Root.Items("spec", "containers").SelectMany(c => c.Items("ports")).Select(p => p.Number("containerPort")).FirstOrDefault()
                ?.ToString(CultureInfo.InvariantCulture) ?? "80";
        return $"{scheme}://{address}:{number}";
    }

    private System.Net.IPEndPoint ServiceEndpoint(string ns, string name, string port)
    {
        var service = store.Get(new ObjectKey("services", ns, name)) ?? throw ApiException.NotFound("services", name);
        var ports = service.Root.Items("spec", "ports").ToList();
        var entry = port.Length == 0 ? ports.FirstOrDefault()
            : ports.Find(p => p.Text("name") == port || p.Number("port")?.ToString(CultureInfo.InvariantCulture) == port);
        try
        {
            return services.Resolve(ns, name, (int)(entry.Number("port") ?? 0));
        }
        catch (IOException problem)
        {
            throw new ApiException(503, "ServiceUnavailable", problem.Message);
        }
    }
}
