using System.Text.Json.Nodes;
using System.Threading.Channels;
using Lateen.Config.Sources.Kubernetes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Lateen.Tests.Config.Sources.Kubernetes;

/// <summary>An HTTP server whose answers a test scripts, path by path.</summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeApiServer(WebApplication app, RequestDelegate handler)
    {
        _app = app;
        app.UseWebSockets();
        app.Run(handler);
    }

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<FakeApiServer> StartAsync(RequestDelegate handler)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        FakeApiServer server = new(builder.Build(), handler);
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public KubernetesClient Client(string? token = null) => new(new KubernetesClientOptions { Server = Address, Token = token });

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    public static JsonObject Pod(string name, string version) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default", ["resourceVersion"] = version },
    };

    public static string Event(string type, JsonObject value) =>
        new JsonObject { ["type"] = type, ["object"] = value }.ToJsonString() + "\n";

    public static Task WriteListAsync(HttpContext context, string version, params JsonObject[] pods) =>
        context.Response.WriteAsync(new JsonObject
        {
            ["kind"] = "PodList",
            ["metadata"] = new JsonObject { ["resourceVersion"] = version },
            ["items"] = new JsonArray([.. pods]),
        }.ToJsonString());

    public static Task WriteStatusAsync(HttpContext context, int code, string reason, string message)
    {
        context.Response.StatusCode = code;
        return context.Response.WriteAsync(new JsonObject
        {
            ["kind"] = "Status", ["status"] = "Failure", ["code"] = code, ["reason"] = reason, ["message"] = message,
        }.ToJsonString());
    }
}

/// <summary>Writes down what an informer delivers, one line per call.</summary>
internal sealed class RecordingSink : IInformerSink<JsonObject>
{
    private readonly Channel<string> _calls = Channel.CreateUnbounded<string>();

    public void Reset(IReadOnlyList<JsonObject> items) =>
        _calls.Writer.TryWrite("reset " + string.Join(",", items.Select(item => item.Name())));

    public void Upsert(JsonObject item) => _calls.Writer.TryWrite($"upsert {item.Name()}@{item.ResourceVersion()}");

    public void Delete(ObjectKey key) => _calls.Writer.TryWrite($"delete {key}");

    public async Task<string> NextAsync()
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience.Limit);
        return await _calls.Reader.ReadAsync(limit.Token);
    }
}
