using System.Net;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Api;

public sealed class ServerSideApplyTests(ApiServerFixture api) : IClassFixture<ApiServerFixture>
{
    [Fact]
    public async Task Apply_Twice_CreatesThenChangesNothing()
    {
        var ns = await api.NamespaceAsync();
        const string body = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"},\"data\":{\"x\":\"1\"}}";
        var first = await ApplyAsync(ns, "one", body);
        first.Status.ShouldBe(HttpStatusCode.Created);
        first.At("metadata", "managedFields", 0, "manager").ShouldBe("one");
        first.At("metadata", "managedFields", 0, "fieldsV1", "f:data", "f:x").ShouldBe("{}");
        var second = await ApplyAsync(ns, "one", body);
        second.Status.ShouldBe(HttpStatusCode.OK);
        second.At("metadata", "resourceVersion").ShouldBe(first.At("metadata", "resourceVersion"));
    }

    [Fact]
    public async Task Apply_FieldLeftOut_IsRemoved_OthersStay()
    {
        var ns = await api.NamespaceAsync();
        await ApplyAsync(ns, "one", """{"metadata":{"name":"a"},"data":{"x":"1","y":"2"}}""");
        await ApplyAsync(ns, "two", """{"metadata":{"name":"a"},"data":{"z":"3"}}""");
        var answer = await ApplyAsync(ns, "one", """{"metadata":{"name":"a"},"data":{"x":"1"}}""");
        answer.Body["data"]!.AsObject().Select(d => d.Key).Order().ShouldBe(["x", "z"]);
    }

    [Fact]
    public async Task Apply_AnothersFieldWithAnotherValue_ConflictsUnlessForced()
    {
        var ns = await api.NamespaceAsync();
        await ApplyAsync(ns, "one", """{"metadata":{"name":"a"},"data":{"x":"1"}}""");
        var refused = await ApplyAsync(ns, "two", """{"metadata":{"name":"a"},"data":{"x":"2"}}""");
        refused.Status.ShouldBe(HttpStatusCode.Conflict);
        refused.At("message").ShouldBe("Apply failed with 1 conflict: conflict with \"one\": .data.x");
        var forced = await ApplyAsync(ns, "two", """{"metadata":{"name":"a"},"data":{"x":"2"}}""", "&force=true");
        forced.At("data", "x").ShouldBe("2");
        forced.Body["metadata"]!["managedFields"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Apply_WithoutManager_BadRequest()
    {
        var ns = await api.NamespaceAsync();
        (await api.SendAsync("PATCH", $"/api/v1/namespaces/{ns}/configmaps/a", "{}", "application/apply-patch+yaml")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    private Task<ApiAnswer> ApplyAsync(string ns, string manager, string body, string query = "") =>
        api.SendAsync("PATCH", $"/api/v1/namespaces/{ns}/configmaps/a?fieldManager={manager}{query}", body, "application/apply-patch+yaml");
}
