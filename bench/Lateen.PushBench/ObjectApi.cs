using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lateen.PushBench;

/// <summary>A Kubernetes API endpoint in memory, as far as a control plane asks it: list, watch, get, create; fast enough not to be what is measured.</summary>
internal sealed class ObjectApi : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Dictionary<string, string>> _objects = [];
    private readonly ConcurrentDictionary<string, List<Watch>> _watches = [];
    private readonly Lock _gate = new();
    private readonly WebApplication _app;
    private long _version = 1;

    private ObjectApi(WebApplication app)
    {
        _app = app;
        app.Run(HandleAsync);
    }

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<ObjectApi> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MinResponseDataRate = null);
        var api = new ObjectApi(builder.Build());
        await api._app.StartAsync();
        return api;
    }

    /// <summary>Stores an object and tells every watch of its type.</summary>
    public void Put(string plural, string ns, string name, string json)
    {
        lock (_gate)
        {
            var stored = json.Replace("RESOURCE_VERSION", (++_version).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            var objects = _objects.GetOrAdd(plural, _ => []);
            var kind = objects.ContainsKey($"{ns}/{name}") ? "MODIFIED" : "ADDED";
            objects[$"{ns}/{name}"] = stored;
            foreach (var watch in _watches.GetValueOrDefault(plural) ?? [])
            {
                if (IsSelected(stored, watch.Selector))
                {
                    watch.Lines.Writer.TryWrite($$"""{"type":"{{kind}}","object":{{stored}}}""" + "\n");
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var watch in _watches.Values.SelectMany(list => list))
        {
            watch.Lines.Writer.TryComplete();
        }

        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        // /api/v1/[namespaces/NS/]PLURAL[/NAME] or /apis/GROUP/VERSION/...
        var parts = context.Request.Path.Value!.Trim('/').Split('/')[(context.Request.Path.StartsWithSegments("/api") ? 2 : 3)..];
        var ns = "";
        if (parts is ["namespaces", var of, _, ..])
        {
            (ns, parts) = (of, parts[2..]);
        }

        var plural = parts[0];
        context.Response.ContentType = "application/json";
        if (context.Request.Method != "GET")
        {
            await StoreAsync(context, plural, ns);
        }
        else if (context.Request.Query.ContainsKey("watch"))
        {
            await WatchAsync(context, plural);
        }
        else if (parts.Length > 1)
        {
            await FindAsync(context, plural, $"{ns}/{parts[1]}");
        }
        else
        {
            await ListAsync(context, plural);
        }
    }

    private async Task StoreAsync(HttpContext context, string plural, string ns)
    {
        var value = (JsonObject)(await JsonNode.ParseAsync(context.Request.Body))!;
        if (context.Request.Method == "POST")
        {
            value["metadata"]!["resourceVersion"] = "RESOURCE_VERSION";
            Put(plural, ns, (string)value["metadata"]!["name"]!, value.ToJsonString());
        }

        await context.Response.WriteAsync(value.ToJsonString());
    }

    private Task FindAsync(HttpContext context, string plural, string key)
    {
        string? found;
        lock (_gate)
        {
            found = _objects.GetValueOrDefault(plural)?.GetValueOrDefault(key);
        }

        context.Response.StatusCode = found is null ? 404 : 200;
        return context.Response.WriteAsync(found ?? """{"kind":"Status","status":"Failure","reason":"NotFound","code":404,"message":"not found"}""");
    }

    private Task ListAsync(HttpContext context, string plural)
    {
        string text;
        lock (_gate)
        {
            var selector = context.Request.Query["labelSelector"].ToString();
            var items = string.Join(',', (_objects.GetValueOrDefault(plural)?.Values ?? Enumerable.Empty<string>()).Where(json => IsSelected(json, selector)));
            text = $$"""{"kind":"List","metadata":{"resourceVersion":"{{_version}}"},"items":[{{items}}]}""";
        }

        return context.Response.WriteAsync(text);
    }

    private async Task WatchAsync(HttpContext context, string plural)
    {
        var watch = new Watch(context.Request.Query["labelSelector"].ToString(), Channel.CreateUnbounded<string>());
        lock (_gate)
        {
            // The mesh is complete before anybody asks, and lists are followed by their watch at once: nothing to replay.
            _watches.GetOrAdd(plural, _ => []).Add(watch);
        }

        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        try
        {
            while (await watch.Lines.Reader.WaitToReadAsync(context.RequestAborted))
            {
                while (watch.Lines.Reader.TryRead(out var line))
                {
                    await context.Response.WriteAsync(line, context.RequestAborted);
                }

                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The client went away.
        }

        lock (_gate)
        {
            _watches[plural].Remove(watch);
        }
    }

    /// <param name="selector">`label=value`, the only form that lateend asks with; empty selects all.</param>
    private static bool IsSelected(string json, string selector) =>
        selector.Split('=') is not [var label, var value] || (string?)JsonNode.Parse(json)!["metadata"]!["labels"]?[label] == value;

    private sealed record Watch(string Selector, Channel<string> Lines);
}
