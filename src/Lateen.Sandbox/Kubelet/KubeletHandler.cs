using System.Security.Cryptography;
using System.Text;
using Lateen.Sandbox.Kubelet.Logs;
using Lateen.Sandbox.Kubelet.Streaming;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Kubelet;

/// <summary>Takes each request to logs, exec, attach or port-forward.</summary>
internal sealed class KubeletHandler(IContainerAccess access, KubeletServerOptions options, ILogger log, CancellationToken stopping)
{
    private const string TunnelProtocol = "SPDY/3.1+" + PortForward.Protocol;

    private readonly LogReader _logs = new(options.Time);

    public async Task HandleAsync(HttpContext context)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await RouteAsync(context, ends.Token);
        }
        catch (ContainerAccessException problem) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, problem.NotFound ? 404 : 500, problem.Message);
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException or ConnectionAbortedException or ConnectionResetException)
        {
            KubeletLog.ClientGone(log, context.Request.Path, problem.Message);
            context.Abort();
        }
        catch (Exception problem)
        {
            KubeletLog.RequestFailed(log, problem, context.Request.Path);
            if (context.Response.HasStarted)
            {
                context.Abort();
            }
            else
            {
                await AnswerAsync(context, 500, problem.Message);
            }
        }
    }

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, CancellationToken.None);
    }

    private Task RouteAsync(HttpContext context, CancellationToken cancel)
    {
        if (!Authorized(context.Request))
        {
            return AnswerAsync(context, 401, "Unauthorized");
        }

        return (context.Request.Path.Value ?? "").Trim('/').Split('/') switch
        {
            ["healthz"] => AnswerAsync(context, 200, "ok"),
            ["containerLogs", var ns, var pod, var container] => LogsAsync(context, new ContainerId(new PodId(ns, pod), container), cancel),
            ["exec", var ns, var pod, var container] => ExecAsync(context, new ContainerId(new PodId(ns, pod), container), attach: false, cancel),
            ["attach", var ns, var pod, var container] => ExecAsync(context, new ContainerId(new PodId(ns, pod), container), attach: true, cancel),
            ["portForward", var ns, var pod] => PortForwardAsync(context, new PodId(ns, pod), cancel),
            _ => AnswerAsync(context, 404, "404 page not found"),
        };
    }

    private bool Authorized(HttpRequest request) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(request.Headers.Authorization.ToString())),
        SHA256.HashData(Encoding.UTF8.GetBytes("Bearer " + options.Token)));

    private async Task LogsAsync(HttpContext context, ContainerId container, CancellationToken cancel)
    {
        var request = LogRequest.Read(context.Request.Query, options.Time.GetUtcNow());
        var opened = await access.OpenLogAsync(container, request.Previous, cancel);
        context.Response.ContentType = "text/plain";
        await context.Response.StartAsync(cancel);
        await context.Response.Body.FlushAsync(cancel);
        await _logs.CopyAsync(opened, request, context.Response.Body, cancel);
    }

    private async Task ExecAsync(HttpContext context, ContainerId container, bool attach, CancellationToken cancel)
    {
        var request = StreamRequest.Read(context.Request.Query);
        Task<IContainerProcess> Start(CancellationToken c) => attach ? access.AttachAsync(container, request, c) : access.ExecAsync(container, request, c);
        if (!(request.Stdin || request.Stdout || request.Stderr))
        {
            await AnswerAsync(context, 400, "you must specify at least 1 of stdin, stdout, stderr");
        }
        else if (UpgradeHandshake.WantsWebSocket(context.Request))
        {
            if (UpgradeHandshake.ChooseSubprotocol(context.Request, WebSocketExec.Protocols) is not { } subprotocol)
            {
                await RefuseProtocolAsync(context, WebSocketExec.Protocols);
                return;
            }

            using var socket = await UpgradeHandshake.UpgradeToWebSocketAsync(context, subprotocol);
            await WebSocketExec.RunAsync(socket, subprotocol, request, Start, cancel);
        }
        else if (UpgradeHandshake.WantsSpdy(context.Request))
        {
            if (UpgradeHandshake.ChooseSpdyProtocol(context.Request, SpdyExec.Protocols) is not { } protocol)
            {
                await RefuseProtocolAsync(context, SpdyExec.Protocols);
                return;
            }

            var transport = await UpgradeHandshake.UpgradeToSpdyAsync(context, protocol);
            await UpgradeHandshake.ServeSpdyAsync(transport, c => SpdyExec.RunAsync(c, protocol, request, Start, cancel), cancel);
        }
        else
        {
            await AnswerAsync(context, 400, "unable to upgrade: missing upgrade headers in request: Upgrade: SPDY/3.1 or websocket");
        }
    }

    private async Task PortForwardAsync(HttpContext context, PodId pod, CancellationToken cancel)
    {
        if (UpgradeHandshake.WantsWebSocket(context.Request))
        {
            if (UpgradeHandshake.ChooseSubprotocol(context.Request, [TunnelProtocol]) is null)
            {
                await RefuseProtocolAsync(context, [TunnelProtocol]);
                return;
            }

            using var socket = await UpgradeHandshake.UpgradeToWebSocketAsync(context, TunnelProtocol);
            await using var tunnel = new WebSocketTunnel(socket);
            await UpgradeHandshake.ServeSpdyAsync(tunnel, c => PortForward.RunAsync(c, pod, access, cancel), cancel);
            socket.Abort();
        }
        else if (UpgradeHandshake.WantsSpdy(context.Request)
            && UpgradeHandshake.ChooseSpdyProtocol(context.Request, [PortForward.Protocol]) is { } protocol)
        {
            var transport = await UpgradeHandshake.UpgradeToSpdyAsync(context, protocol);
            await UpgradeHandshake.ServeSpdyAsync(transport, c => PortForward.RunAsync(c, pod, access, cancel), cancel);
        }
        else
        {
            await RefuseProtocolAsync(context, [PortForward.Protocol, TunnelProtocol]);
        }
    }

    private static Task RefuseProtocolAsync(HttpContext context, IReadOnlyList<string> supported) =>
        AnswerAsync(context, 403, $"unable to upgrade: unable to negotiate protocol: server supports {string.Join(", ", supported)}");
}
