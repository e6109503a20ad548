using System.Text.Json.Nodes;
using Lateen.Sandbox.Store;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Store;

public sealed class ObjectStoreTests
{
    [Fact]
    public void Create_TakenName_ReturnsNull()
    {
        using var store = new ObjectStore(null);
        store.Create(Key("a"), ConfigMap("a", "1")).ShouldNotBeNull();
        store.Create(Key("a"), ConfigMap("a", "2")).ShouldBeNull();
    }

    [Fact]
    public void Replace_SomebodyElseWroteInBetween_ReturnsNullAndKeepsTheirs()
    {
        using var store = new ObjectStore(null);
        var first = store.Create(Key("a"), ConfigMap("a", "1"))!;
        var second = store.Replace(first, ConfigMap("a", "2")).ShouldNotBeNull();
        store.Replace(first, ConfigMap("a", "3")).ShouldBeNull();
        store.Get(Key("a")).ShouldBeSameAs(second);
        second.ResourceVersion.ShouldBeGreaterThan(first.ResourceVersion);
    }

    [Fact]
    public void Serialized_Object_BeginsWithApiVersionAndKind()
    {
        using var store = new ObjectStore(null);
        var obj = new JsonObject { ["data"] = new JsonObject(), ["metadata"] = new JsonObject(), ["kind"] = "ConfigMap", ["apiVersion"] = "v1" };
        var stored = store.Create(Key("a"), obj)!;
        System.Text.Encoding.UTF8.GetString(stored.Json.Span).ShouldStartWith("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{");
    }

    [Fact]
    public void Watch_FromPastVersion_ReplaysEveryLaterChangeInOrder()
    {
        using var store = new ObjectStore(null);
        var first = store.Create(Key("a"), ConfigMap("a", "1"))!;
        var second = store.Replace(first, ConfigMap("a", "2"))!;
        store.Create(Key("b"), ConfigMap("b", "1"));
        store.Remove(second);
        using var watch = store.Watch("configmaps", "ns", first.ResourceVersion).ShouldNotBeNull();
        Drain(watch).ShouldBe([("a", StoreEventKind.Modified), ("b", StoreEventKind.Added), ("a", StoreEventKind.Deleted)]);
    }

    [Fact]
    public void Watch_OtherNamespaceOrResource_SeesNothing()
    {
        using var store = new ObjectStore(null);
        using var watch = store.Watch("secrets", "ns", store.Version)!;
        using var elsewhere = store.Watch("configmaps", "other", store.Version)!;
        store.Create(Key("a"), ConfigMap("a", "1"));
        Drain(watch).ShouldBeEmpty();
        Drain(elsewhere).ShouldBeEmpty();
    }

    [Fact]
    public void Watch_OlderThanHistory_ReturnsNull()
    {
        using var store = new ObjectStore(null, historyCapacity: 2);
        var from = store.Version;
        for (var i = 0; i < 3; i++)
        {
            store.Create(Key($"a{i}"), ConfigMap($"a{i}", "1"));
        }

        store.Watch("configmaps", null, from).ShouldBeNull();
        store.Watch("configmaps", null, from + 1).ShouldNotBeNull();
    }

    [Fact]
    public async Task Watch_ReaderFallsBehind_IsCutOffAndTheWriterGoesOn()
    {
        using var store = new ObjectStore(null, historyCapacity: 4, watchCapacity: 2);
        using var watch = store.Watch("configmaps", null, store.Version)!;
        for (var i = 0; i < 10; i++)
        {
            store.Create(Key($"a{i}"), ConfigMap($"a{i}", "1")).ShouldNotBeNull();
        }

        Drain(watch).Count.ShouldBe(2);
        await Should.ThrowAsync<WatchOverflowException>(async () => await watch.Events.WaitToReadAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Reopened_File_HasObjectsAndGoesOnCounting()
    {
        var folder = Directory.CreateTempSubdirectory("lateen-store-");
        try
        {
            var path = Path.Combine(folder.FullName, "store.db");
            long version;
            using (var store = new ObjectStore(path))
            {
                store.Create(Key("a"), ConfigMap("a", "1"));
                store.Remove(store.Create(Key("b"), ConfigMap("b", "1"))!);
                version = store.Version;
            }

            using var again = new ObjectStore(path);
            again.Version.ShouldBe(version);
            again.List("configmaps", null).Items.Select(o => o.Key.Name).ShouldBe(["a"]);
            again.Create(Key("c"), ConfigMap("c", "1"))!.ResourceVersion.ShouldBe(version + 1);
            again.Watch("configmaps", null, version - 1).ShouldBeNull();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static ObjectKey Key(string name) => new("configmaps", "ns", name);

    private static JsonObject ConfigMap(string name, string value) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "ns" },
        ["data"] = new JsonObject { ["value"] = value },
    };

    private static List<(string, StoreEventKind)> Drain(StoreWatch watch)
    {
        var seen = new List<(string, StoreEventKind)>();
        while (watch.Events.TryRead(out var change))
        {
            seen.Add((change.Object.Key.Name, change.Kind));
        }

        return seen;
    }
}
