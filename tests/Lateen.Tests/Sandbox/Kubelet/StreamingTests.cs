using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Kubelet;
using Lateen.Tests.Sandbox.Api;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Kubelet;

/// <summary>Logs, exec and proxy from the API endpoint through the kubelet endpoint to a process, and back.</summary>
public sealed class StreamingTests(ApiServerFixture api) : IClassFixture<ApiServerFixture>, IAsyncLifetime
{
    private readonly string _log = Path.GetTempFileName();
    private readonly string _node = "n" + Guid.NewGuid().ToString("N")[..8];
    private KubeletServer? _kubelet;
    private string _namespace = "";

    public async ValueTask InitializeAsync()
    {
        _kubelet = new KubeletServer(new KubeletServerOptions { Token = api.Server.KubeletToken }, new LocalContainerAccess(_log), NullLoggerFactory.Instance);
        await _kubelet.StartAsync(CancellationToken.None);
        await api.SendAsync("POST", "/api/v1/nodes", $$$$$"""
            {"metadata":{"name":"{{{{{_node}}}}}"},"status":{"addresses":[{"type":"InternalIP","address":"127.0.0.1"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":{{{{{_kubelet.Port}}}}}}}}}
            """);
        _namespace = await api.NamespaceAsync();
        await api.SendAsync("POST", $"/api/v1/namespaces/{_namespace}/pods", $$$$$"""
            {"metadata":{"name":"p"},"spec":{"nodeName":"{{{{{_node}}}}}","containers":[{"name":"c","image":"x"}]}}
            """);
    }

    public async ValueTask DisposeAsync()
    {
        await _kubelet!.StopAsync(CancellationToken.None);
        await _kubelet.DisposeAsync();
        File.Delete(_log);
    }

    [Fact]
    public async Task Log_OfAContainerThatHasNotStarted_SaysSo()
    {
        var answer = await api.SendAsync("GET", $"/api/v1/namespaces/{_namespace}/pods/p/log");
        answer.At("message").ShouldBe("container \"c\" in pod \"p\" is waiting to start: ContainerCreating");
    }

    [Fact]
    public async Task Log_OfARunningContainer_IsItsText()
    {
        await RunAsync();
        await File.WriteAllTextAsync(_log, "2023-10-11T06:33:42.000000000Z stdout F hello\n", TestContext.Current.CancellationToken);
        (await api.SendAsync("GET", $"/api/v1/namespaces/{_namespace}/pods/p/log?container=c")).Body.ToString().ShouldBe("hello\n");
        (await api.SendAsync("GET", $"/api/v1/namespaces/{_namespace}/pods/p/log?container=nope")).At("message").ShouldBe("container nope is not valid for pod p");
        (await api.SendAsync("GET", $"/api/v1/namespaces/{_namespace}/pods/p/log?previous=true")).At("message")!.ShouldContain("previous terminated container \"c\"");
    }

    [Theory]
    [InlineData("exit 0", "Success", null)]
    [InlineData("exit 3", "Failure", "3")]
    public async Task Exec_ByWebSocket_EndsWithTheExitCode(string script, string status, string? code)
    {
        var (output, verdict) = await ExecAsync($"command=sh&command=-c&command={Uri.EscapeDataString("echo out; " + script)}&stdout=true");
        output.ShouldBe("out\n");
        ((string)verdict["status"]!).ShouldBe(status);
        verdict["details"]?["causes"]?[0]?["message"]?.ToString().ShouldBe(code);
    }

    [Fact]
    public async Task Exec_StdinClosed_ReachesTheProcess()
    {
        var (output, verdict) = await ExecAsync("command=cat&stdin=true&stdout=true", "typed");
        output.ShouldBe("typed");
        ((string)verdict["status"]!).ShouldBe("Success");
    }

    [Fact]
    public async Task Exec_UnknownProgram_SaysWhy()
    {
        var (_, verdict) = await ExecAsync("command=/no/such/program&stdout=true");
        ((string)verdict["status"]!).ShouldBe("Failure");
        ((string)verdict["message"]!).ShouldContain("/no/such/program");
    }

    [Fact]
    public async Task Kubectl_ExecAndPortForwardProtocols_Work()
    {
        await RunAsync();
        var kubectl = new Kubectl(api);
        (await kubectl.RunAsync("abc", "exec", "-i", "-n", _namespace, "p", "--", "cat")).ShouldBe((0, "abc"));
        var (code, output) = await kubectl.RunAsync(null, "exec", "-n", _namespace, "p", "--", "sh", "-c", "echo oops >&2; exit 7");
        code.ShouldBe(7);
        output.ShouldBe("oops\ncommand terminated with exit code 7\n");
    }

    [Fact]
    public async Task Kubelet_WithoutToken_RefusesEverything()
    {
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate is not null };
        using var client = new HttpClient(handler);
        using var response = await client.GetAsync(new Uri($"https://127.0.0.1:{_kubelet!.Port}/containerLogs/a/b/c"), TestContext.Current.CancellationToken);
        ((int)response.StatusCode).ShouldBe(401);
    }

    private Task<ApiAnswer> RunAsync() => api.SendAsync(
        "PATCH", $"/api/v1/namespaces/{_namespace}/pods/p/status",
        """{"status":{"phase":"Running","containerStatuses":[{"name":"c","ready":true,"state":{"running":{}}}]}}""", "application/merge-patch+json");

    private async Task<(string Output, JsonNode Verdict)> ExecAsync(string query, string? input = null)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        socket.Options.SetRequestHeader("Authorization", "Bearer " + api.Server.AdminToken);
        socket.Options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        var cancel = TestContext.Current.CancellationToken;
        await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{api.Server.Port}/api/v1/namespaces/{_namespace}/pods/p/exec?{query}"), cancel);
        if (input is not null)
        {
            await socket.SendAsync(new ReadOnlyMemory<byte>([0, .. Encoding.UTF8.GetBytes(input)]), WebSocketMessageType.Binary, true, cancel);
            await socket.SendAsync(new ReadOnlyMemory<byte>([255, 0]), WebSocketMessageType.Binary, true, cancel);
        }

        var output = new StringBuilder();
        JsonNode? verdict = null;
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), cancel);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancel);
                return (output.ToString(), verdict!);
            }

            var text = Encoding.UTF8.GetString(buffer, 1, part.Count - 1);
            if (buffer[0] == 1)
            {
                output.Append(text);
            }
            else if (buffer[0] == 3)
            {
                verdict = JsonNode.Parse(text);
            }
        }
    }
}
