using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;
using static Lateen.Tests.Config.Sources.Kubernetes.FakeApiServer;

namespace Lateen.Tests.Config.Sources.Kubernetes;

public sealed class KubernetesClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_Missing_SaysWhatWasAskedAndTheServersReason()
    {
        await using FakeApiServer server = await StartAsync(
            context => WriteStatusAsync(context, 404, "NotFound", "pods \"a\" not found"));
        using KubernetesClient client = server.Client();

        KubernetesApiException error = await Should.ThrowAsync<KubernetesApiException>(
            client.GetAsync(ResourceTypes.Pods, "default", "a", Cancellation));

        error.IsNotFound.ShouldBeTrue();
        error.Message.ShouldBe("GET /api/v1/namespaces/default/pods/a: pods \"a\" not found (NotFound)");
        (await client.FindAsync(ResourceTypes.Pods, "default", "a", Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Get_PlainTextError_KeepsTheText()
    {
        await using FakeApiServer server = await StartAsync(context =>
        {
            context.Response.StatusCode = 502;
            return context.Response.WriteAsync("upstream is gone\n");
        });
        using KubernetesClient client = server.Client();

        KubernetesApiException error = await Should.ThrowAsync<KubernetesApiException>(
            client.GetAsync(ResourceTypes.Nodes, null, "n", Cancellation));

        error.Status.ShouldBe(new KubernetesStatus(502, "", "upstream is gone"));
    }

    [Fact]
    public async Task Get_ServerUnreachable_IsAnErrorWithCodeZero()
    {
        Uri address;
        await using (FakeApiServer server = await StartAsync(_ => Task.CompletedTask))
        {
            address = server.Address;
        }

        using KubernetesClient client = new(new KubernetesClientOptions { Server = address });

        KubernetesApiException error = await Should.ThrowAsync<KubernetesApiException>(
            client.GetAsync(ResourceTypes.Nodes, null, "n", Cancellation));

        error.IsUnreachable.ShouldBeTrue();
        error.Message.ShouldContain(address.Authority);
    }

    [Fact]
    public async Task List_SeveralPages_FollowsTheContinueToken()
    {
        await using FakeApiServer server = await StartAsync(context =>
        {
            bool second = context.Request.Query["continue"] == "next";
            context.Request.Query["labelSelector"].ToString().ShouldBe("app=a");
            return context.Response.WriteAsync(new JsonObject
            {
                ["metadata"] = new JsonObject { ["resourceVersion"] = "9", ["continue"] = second ? "" : "next" },
                ["items"] = new JsonArray(Pod(second ? "b" : "a", "1")),
            }.ToJsonString());
        });
        using KubernetesClient client = server.Client();

        ResourceList list = await client.ListAsync(ResourceTypes.Pods, new ObjectSelector(Labels: "app=a"), Cancellation);

        list.Items.Select(item => item.Name()).ShouldBe(["a", "b"]);
        list.Items[0].Text("kind").ShouldBe("Pod");
        list.ResourceVersion.ShouldBe("9");
    }

    [Fact]
    public async Task Patch_EachKind_HasItsMediaType()
    {
        string? seen = null;
        await using FakeApiServer server = await StartAsync(context =>
        {
            seen = $"{context.Request.Method} {context.Request.Path} {context.Request.ContentType} {context.Request.Headers.Authorization}";
            return context.Response.WriteAsync("{}");
        });
        using KubernetesClient client = server.Client("secret");

        await client.PatchAsync(
            ResourceTypes.Deployments, new ObjectKey("a", "b"), PatchKind.StrategicMerge, new JsonObject(), Cancellation, "status");
        seen.ShouldBe("PATCH /apis/apps/v1/namespaces/a/deployments/b/status application/strategic-merge-patch+json Bearer secret");
        await client.PatchAsync(ResourceTypes.Deployments, new ObjectKey("a", "b"), PatchKind.Merge, new JsonObject(), Cancellation);
        seen.ShouldBe("PATCH /apis/apps/v1/namespaces/a/deployments/b application/merge-patch+json Bearer secret");
    }

    [Fact]
    public async Task Watch_EventsInSmallPieces_ArriveWhole()
    {
        await using FakeApiServer server = await StartAsync(async context =>
        {
            string text = Event("ADDED", Pod("a", "1")) + "\n" + Event("BOOKMARK", Pod("", "7")) + Event("DELETED", Pod("a", "8"));
            foreach (char part in text)
            {
                await context.Response.WriteAsync(part.ToString());
                await context.Response.Body.FlushAsync();
            }
        });
        using KubernetesClient client = server.Client();

        List<string> seen = [];
        await foreach (WatchEvent item in client.WatchAsync(
            ResourceTypes.Pods, ObjectSelector.All, "1", TimeSpan.FromSeconds(9), Cancellation))
        {
            seen.Add($"{item.Kind} {item.Value.Name()} {item.Value.ResourceVersion()}");
        }

        seen.ShouldBe(["Added a 1", "Bookmark  7", "Deleted a 8"]);
    }

    [Fact]
    public async Task Watch_ErrorEvent_ThrowsItsStatus()
    {
        await using FakeApiServer server = await StartAsync(context => context.Response.WriteAsync(Event("ERROR", new JsonObject
        {
            ["kind"] = "Status", ["code"] = 410, ["reason"] = "Expired", ["message"] = "too old resource version",
        })));
        using KubernetesClient client = server.Client();

        KubernetesApiException error = await Should.ThrowAsync<KubernetesApiException>(async () =>
        {
            await foreach (WatchEvent item in client.WatchAsync(
                ResourceTypes.Pods, ObjectSelector.All, "1", TimeSpan.FromSeconds(9), Cancellation))
            {
                item.Kind.ShouldBe(WatchEventKind.Bookmark, "no event is expected before the error");
            }
        });

        error.IsExpired.ShouldBeTrue();
    }

    [Fact]
    public async Task Exec_Command_SplitsOutputsAndReadsTheExitCode()
    {
        await using FakeApiServer server = await StartAsync(async context =>
        {
            context.Request.QueryString.Value.ShouldBe("?stdout=true&stderr=true&container=c&command=ls&command=-l%20x");
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
            await Send(socket, 1, "out");
            await Send(socket, 2, "err");
            await Send(socket, 3, """{"status":"Failure","reason":"NonZeroExitCode","message":"exit 7","details":{"causes":[{"reason":"ExitCode","message":"7"}]}}""");
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", default);
        });
        using KubernetesClient client = server.Client();
        using MemoryStream output = new();
        using MemoryStream error = new();

        ExecResult result = await client.ExecAsync(
            new ExecRequest(new ObjectKey("default", "p"), "c", ["ls", "-l x"]), new ExecStreams(null, output, error), Cancellation);

        result.ShouldBe(new ExecResult(7, "exit 7"));
        Encoding.UTF8.GetString(output.ToArray()).ShouldBe("out");
        Encoding.UTF8.GetString(error.ToArray()).ShouldBe("err");

        static async Task Send(WebSocket socket, byte channel, string text) => await socket.SendAsync(
            (byte[])[channel, .. Encoding.UTF8.GetBytes(text)], WebSocketMessageType.Binary, endOfMessage: true, default);
    }
}
