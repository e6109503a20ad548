using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;
using static Lateen.Tests.Config.Sources.Kubernetes.FakeApiServer;

namespace Lateen.Tests.Config.Sources.Kubernetes;

public sealed class InformerTests
{
    [Fact]
    public async Task Informer_ListThenEvents_DeliversInOrder()
    {
        await using FakeApiServer server = await StartAsync(async context =>
        {
            if (!context.Request.Query.ContainsKey("watch"))
            {
                await WriteListAsync(context, "5", Pod("a", "4"));
                return;
            }

            context.Request.Query["resourceVersion"].ToString().ShouldBe("5");
            await context.Response.WriteAsync(Event("ADDED", Pod("b", "6")) + Event("DELETED", Pod("a", "7")));
            await HoldAsync(context);
        });

        (await RunAsync(server, 3)).ShouldBe(["reset a", "upsert b@6", "delete default/a"]);
    }

    [Fact]
    public async Task Informer_StreamEndsInTheMiddle_ResumesFromTheBookmark()
    {
        int watches = 0;
        await using FakeApiServer server = await StartAsync(async context =>
        {
            if (!context.Request.Query.ContainsKey("watch"))
            {
                await WriteListAsync(context, "5");
            }
            else if (Interlocked.Increment(ref watches) == 1)
            {
                await context.Response.WriteAsync(Event("BOOKMARK", Pod("", "40")) + "{\"type\":\"ADD");
            }
            else
            {
                string version = context.Request.Query["resourceVersion"].ToString();
                await context.Response.WriteAsync(Event("ADDED", Pod("from" + version, "41")));
                await HoldAsync(context);
            }
        });

        (await RunAsync(server, 2)).ShouldBe(["reset ", "upsert from40@41"]);
    }

    [Fact]
    public async Task Informer_ResourceVersionExpired_ListsAgain()
    {
        int lists = 0;
        await using FakeApiServer server = await StartAsync(async context =>
        {
            if (!context.Request.Query.ContainsKey("watch"))
            {
                bool first = Interlocked.Increment(ref lists) == 1;
                await WriteListAsync(context, first ? "5" : "50", Pod(first ? "old" : "new", "1"));
            }
            else if (context.Request.Query["resourceVersion"] == "5")
            {
                await WriteStatusAsync(context, 410, "Expired", "too old");
            }
            else
            {
                await HoldAsync(context);
            }
        });

        (await RunAsync(server, 2)).ShouldBe(["reset old", "reset new"]);
    }

    [Fact]
    public async Task Informer_UnknownType_IsEmptyUntilItAppears()
    {
        int lists = 0;
        await using FakeApiServer server = await StartAsync(context =>
            context.Request.Query.ContainsKey("watch") ? HoldAsync(context)
            : Interlocked.Increment(ref lists) == 1 ? WriteStatusAsync(context, 404, "NotFound", "the server could not find the requested resource")
            : WriteListAsync(context, "5", Pod("a", "4")));

        (await RunAsync(server, 2)).ShouldBe(["reset ", "reset a"]);
    }

    [Fact]
    public async Task Informer_UndecodableObject_IsSkippedAlone()
    {
        await using FakeApiServer server = await StartAsync(async context =>
        {
            if (!context.Request.Query.ContainsKey("watch"))
            {
                await WriteListAsync(context, "5", Pod("bad", "1"), Pod("a", "2"));
                return;
            }

            await context.Response.WriteAsync(Event("MODIFIED", Pod("bad", "6")) + Event("MODIFIED", Pod("a", "7")));
            await HoldAsync(context);
        });

        (await RunAsync(server, 2)).ShouldBe(["reset a", "upsert a@7"]);
    }

    private static async Task HoldAsync(HttpContext context)
    {
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<List<string>> RunAsync(FakeApiServer server, int calls)
    {
        using KubernetesClient client = server.Client();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        RecordingSink sink = new();
        InformerOptions options = new() { InitialBackoff = TimeSpan.FromMilliseconds(1) };
        Informer<JsonObject> informer = new(
            client, ResourceTypes.Pods, options, Decode, sink, TimeProvider.System, new Random(1), NullLogger.Instance);
        Task running = informer.RunAsync(stop.Token);
        List<string> seen = [];
        for (int call = 0; call < calls; call++)
        {
            seen.Add(await sink.NextAsync());
        }

        informer.HasSynced.IsCompletedSuccessfully.ShouldBeTrue();
        await stop.CancelAsync();
        await running;
        return seen;
    }

    private static JsonObject Decode(JsonObject value) => value.Name() == "bad" ? throw new FormatException("bad pod") : value;
}
