using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Api;

public sealed class WatchTests(ApiServerFixture api) : IClassFixture<ApiServerFixture>
{
    [Fact]
    public async Task Watch_FromListVersion_SeesEveryChangeThroughItsSelector()
    {
        var ns = await api.NamespaceAsync();
        var version = (await api.SendAsync("GET", $"/api/v1/namespaces/{ns}/configmaps")).At("metadata", "resourceVersion");
        using var events = await OpenAsync($"/api/v1/namespaces/{ns}/configmaps?watch=true&resourceVersion={version}&labelSelector=x%3D1");
        await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"name":"a"}}""");
        const string merge = "application/merge-patch+json";
        await api.SendAsync("PATCH", $"/api/v1/namespaces/{ns}/configmaps/a", """{"metadata":{"labels":{"x":"1"}}}""", merge);
        await api.SendAsync("PATCH", $"/api/v1/namespaces/{ns}/configmaps/a", """{"data":{"k":"v"}}""", merge);
        await api.SendAsync("PATCH", $"/api/v1/namespaces/{ns}/configmaps/a", """{"metadata":{"labels":{"x":"2"}}}""", merge);
        (await TypesAsync(events, 3)).ShouldBe(["ADDED", "MODIFIED", "DELETED"]);
    }

    [Fact]
    public async Task Watch_WithoutVersion_BeginsWithWhatIsThere()
    {
        var ns = await api.NamespaceAsync();
        using var events = await OpenAsync($"/api/v1/namespaces/{ns}/serviceaccounts?watch=true");
        var first = JsonNode.Parse((await events.ReadLineAsync(TestContext.Current.CancellationToken))!)!;
        ((string)first["type"]!).ShouldBe("ADDED");
        ((string)first["object"]!["metadata"]!["name"]!).ShouldBe("default");
    }

    [Fact]
    public async Task Watch_FromAnUnknownVersion_ErrorsWith410()
    {
        using var events = await OpenAsync("/api/v1/configmaps?watch=true&resourceVersion=999999999");
        var first = JsonNode.Parse((await events.ReadLineAsync(TestContext.Current.CancellationToken))!)!;
        ((string)first["type"]!).ShouldBe("ERROR");
        ((int)first["object"]!["code"]!).ShouldBe(410);
        (await events.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBeNull();
    }

    [Fact]
    public async Task Watch_TimeoutSeconds_EndsTheStream()
    {
        var version = (await api.SendAsync("GET", "/api/v1/nodes")).At("metadata", "resourceVersion");
        using var events = await OpenAsync($"/api/v1/nodes?watch=true&timeoutSeconds=1&resourceVersion={version}");
        (await events.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBeNull();
    }

    [Fact]
    public async Task Watch_InitialEvents_EndWithAMarkedBookmark()
    {
        using var events = await OpenAsync("/api/v1/nodes?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan");
        var first = JsonNode.Parse((await events.ReadLineAsync(TestContext.Current.CancellationToken))!)!;
        ((string)first["type"]!).ShouldBe("BOOKMARK");
        ((string)first["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!).ShouldBe("true");
    }

    private static async Task<List<string>> TypesAsync(StreamReader events, int count)
    {
        var types = new List<string>();
        while (types.Count < count)
        {
            types.Add((string)JsonNode.Parse((await events.ReadLineAsync(TestContext.Current.CancellationToken))!)!["type"]!);
        }

        return types;
    }

    private async Task<StreamReader> OpenAsync(string path)
    {
        var response = await api.Client.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        return new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }
}
