using System.Net.Http.Headers;
using Lateen.Config.Sources.Kubernetes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lateen.Tests.ControlPlane;

/// <summary>What an API endpoint does wrong.</summary>
public enum ApiFault
{
    None,

    /// <summary>Connections are dropped without an answer.</summary>
    Down,

    /// <summary>Everything is answered with 500.</summary>
    InternalError,

    /// <summary>Everything is answered with 200 and a page of HTML.</summary>
    Garbage,

    /// <summary>Everything is answered with 200 and an empty object.</summary>
    EmptyObject,

    /// <summary>Everything is answered with 404, as a server does that has not loaded its types yet.</summary>
    NotFound,

    /// <summary>Every watch ends at once.</summary>
    WatchClosed,

    /// <summary>Every watch says that its resource version is too old.</summary>
    WatchGone,

    /// <summary>Every watch sends a line that is no event.</summary>
    WatchGarbage,
}

/// <summary>Stands between a control plane and an API endpoint and fails as it is told.</summary>
internal sealed class FaultyApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private volatile KubernetesClient _api;
    private volatile Regime _regime = new(ApiFault.None);
    private int _faults, _unknown;

    private FaultyApi(WebApplication app, KubernetesClient api)
    {
        (_app, _api) = (app, api);
        app.Run(HandleAsync);
    }

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Requests for kinds that the API endpoint does not know.</summary>
    public int Unknown => Volatile.Read(ref _unknown);

    /// <summary>Requests that met a fault since it was set.</summary>
    public int Faults => Volatile.Read(ref _faults);

    public static async Task<FaultyApi> StartAsync(KubernetesClient api, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MinResponseDataRate = null);
        var faulty = new FaultyApi(builder.Build(), api);
        await faulty._app.StartAsync(cancellation);
        return faulty;
    }

    /// <summary>Fails like this from now on; what is being watched breaks off.</summary>
    public void Set(ApiFault fault)
    {
        Volatile.Write(ref _faults, 0);
        var before = _regime;
        _regime = new Regime(fault);
        before.End.Cancel();
    }

    /// <summary>Leads to another API endpoint from now on; what is being watched breaks off.</summary>
    public void LeadTo(KubernetesClient api)
    {
        _api = api;
        Set(ApiFault.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _regime.End.CancelAsync();
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var regime = _regime;
        var isWatch = context.Request.Query.ContainsKey("watch");
        switch (regime.Fault)
        {
            case ApiFault.None:
            case ApiFault.WatchClosed or ApiFault.WatchGone or ApiFault.WatchGarbage when !isWatch:
                await ForwardAsync(context, regime.End.Token);
                return;
            case ApiFault.Down:
                context.Abort();
                break;
            case ApiFault.InternalError:
                await AnswerAsync(context, 500, """{"kind":"Status","status":"Failure","code":500,"reason":"InternalError","message":"etcdserver: no leader"}""");
                break;
            case ApiFault.NotFound:
                await AnswerAsync(context, 404, """{"kind":"Status","status":"Failure","code":404,"reason":"NotFound","message":"the server could not find the requested resource"}""");
                break;
            case ApiFault.Garbage:
                await AnswerAsync(context, 200, "<html>be right back</html>");
                break;
            case ApiFault.EmptyObject:
                await AnswerAsync(context, 200, "{}");
                break;
            case ApiFault.WatchGone:
                await AnswerAsync(context, 200, """{"type":"ERROR","object":{"kind":"Status","status":"Failure","code":410,"reason":"Expired","message":"too old resource version"}}""" + "\n");
                break;
            case ApiFault.WatchGarbage:
                await AnswerAsync(context, 200, "}{ no event\n");
                break;
        }

        Interlocked.Increment(ref _faults);
    }

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(text);
    }

    private async Task ForwardAsync(HttpContext context, CancellationToken end)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, end);
        try
        {
            using var content = new StreamContent(context.Request.Body);
            if (context.Request.ContentType is { } type)
            {
                content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            }

            var hasBody = context.Request.Method is "POST" or "PUT" or "PATCH" or "DELETE";
            using var response = await _api.OpenAsync(
                new HttpMethod(context.Request.Method), context.Request.GetEncodedPathAndQuery(), hasBody ? content : null, either.Token);
            context.Response.StatusCode = (int)response.StatusCode;
            context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            await context.Response.StartAsync(either.Token);
            var buffer = new byte[16 << 10];
            while (await body.ReadAsync(buffer, either.Token) is > 0 and var count)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, count), either.Token);
                await context.Response.Body.FlushAsync(either.Token);
            }
        }
        catch (KubernetesApiException error) when (error.Status.Code >= 400)
        {
            if (error.IsNotFound && !error.Status.Message.Contains('"', StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _unknown);
            }

            await AnswerAsync(context, error.Status.Code, $$"""{"kind":"Status","status":"Failure","code":{{error.Status.Code}},"reason":"{{error.Status.Reason}}","message":"forwarded"}""");
        }
        catch (Exception error) when (error is OperationCanceledException or KubernetesApiException or IOException or HttpRequestException)
        {
            context.Abort();
        }
    }

    private sealed record Regime(ApiFault Fault)
    {
        public CancellationTokenSource End { get; } = new();
    }
}
