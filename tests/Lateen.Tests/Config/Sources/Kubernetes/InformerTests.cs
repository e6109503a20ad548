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
                await WriteListAsync(context, context.Request.Query["limit"] == "1" ? "40" : "5");
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

    [Fact]
    public async Task Informer_WatchCanNotBeOpened_ListsAgain()
    {
        int lists = 0;
        await using FakeApiServer server = await StartAsync(async context =>
        {
            if (!context.Request.Query.ContainsKey("watch"))
            {
                await WriteListAsync(context, Interlocked.Increment(ref lists) == 1 ? "5" : "9", Pod($"list{lists}", "4"));
            }
            else if (context.Request.Query["resourceVersion"] == "5")
            {
                await WriteStatusAsync(context, 503, "ServiceUnavailable", "starting");
            }
            else
            {
                await HoldAsync(context);
            }
        });

        (await RunAsync(server, 2)).ShouldBe(["reset list1", "reset list2"]);
    }

    [Fact]
    public async Task Informer_StoreIsBehindWhatWasSeen_ListsAgain()
    {
        int lists = 0;
        await using FakeApiServer server = await StartAsync(async context =>
        {
            if (context.Request.Query["limit"] == "1")
            {
                await WriteListAsync(context, "7");
            }
            else if (!context.Request.Query.ContainsKey("watch"))
            {
                await WriteListAsync(context, Interlocked.Increment(ref lists) == 1 ? "5000" : "7", Pod($"list{lists}", "4"));
            }
            else if (context.Request.Query["resourceVersion"] == "7")
            {
                await HoldAsync(context);
            }
        });

        (await RunAsync(server, 2)).ShouldBe(["reset list1", "reset list2"]);
    }

    [Fact]
    public async Task Informer_VersionIsNotServed_FollowsTheOlderOne()
    {
        await using FakeApiServer server = await StartAsync(async context =>
        {
            if (!context.Request.Path.StartsWithSegments("/api/v0", StringComparison.Ordinal))
            {
                await WriteStatusAsync(context, 404, "NotFound", "the server could not find the requested resource");
            }
            else if (context.Request.Query.ContainsKey("watch"))
            {
                await context.Response.WriteAsync(Event("ADDED", Pod("b", "6")));
                await HoldAsync(context);
            }
            else
            {
                await WriteListAsync(context, "5", Pod("a", "4"));
            }
        });

        (await RunAsync(server, 2, new InformerOptions { OlderVersion = "v0" })).ShouldBe(["reset a", "upsert b@6"]);
    }

    [Fact]
    public async Task Informer_ForbiddenAndOptional_IsEmptyUntilItMayBeListed()
    {
        int lists = 0;
        await using FakeApiServer server = await StartAsync(context =>
            context.Request.Query.ContainsKey("watch") ? HoldAsync(context)
            : Interlocked.Increment(ref lists) <= 2 ? WriteStatusAsync(context, 403, "Forbidden", "pods is forbidden")
            : WriteListAsync(context, "5", Pod("a", "4")));

        (await RunAsync(server, 2, new InformerOptions { ForbiddenIsEmpty = true })).ShouldBe(["reset ", "reset a"]);
    }

    [Fact]
    public async Task Informer_Forbidden_SaysWhatToGrantAndWaits()
    {
        bool allowed = false;
        await using FakeApiServer server = await StartAsync(context =>
            context.Request.Query.ContainsKey("watch") ? HoldAsync(context)
            : Volatile.Read(ref allowed) ? WriteListAsync(context, "5", Pod("a", "4"))
            : WriteStatusAsync(context, 403, "Forbidden", "pods is forbidden: User \"x\" cannot list resource \"pods\""));
        using KubernetesClient client = server.Client();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        RecordingSink sink = new();
        Informer<JsonObject> informer = Create(client, sink, new InformerOptions());
        Task running = informer.RunAsync(stop.Token);
        while (informer.Problem is null)
        {
            await Task.Delay(1, stop.Token);
        }

        informer.Problem.ShouldBe("pods may not be listed: grant get, list and watch on them; the API server says: pods is forbidden: User \"x\" cannot list resource \"pods\"");
        informer.HasSynced.IsCompleted.ShouldBeFalse();
        Volatile.Write(ref allowed, true);
        (await sink.NextAsync()).ShouldBe("reset a");
        await informer.HasSynced;
        informer.Problem.ShouldBeNull();
        await stop.CancelAsync();
        await running;
    }

    private static async Task HoldAsync(HttpContext context)
    {
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static Informer<JsonObject> Create(KubernetesClient client, RecordingSink sink, InformerOptions options) => new(
        client, ResourceTypes.Pods, options with { InitialBackoff = TimeSpan.FromMilliseconds(1) }, Decode, sink, TimeProvider.System, new Random(1), NullLogger.Instance);

    private static async Task<List<string>> RunAsync(FakeApiServer server, int calls, InformerOptions? options = null)
    {
        using KubernetesClient client = server.Client();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        RecordingSink sink = new();
        Informer<JsonObject> informer = Create(client, sink, options ?? new InformerOptions());
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
