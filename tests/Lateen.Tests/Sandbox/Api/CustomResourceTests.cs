using System.Net;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Api;

public sealed class CustomResourceTests(ApiServerFixture api) : IClassFixture<ApiServerFixture>
{
    [Fact]
    public async Task Definition_WhenCreated_IsEstablishedAndServedAtOnce()
    {
        var group = await DefineAsync();
        var list = await api.SendAsync("GET", $"/apis/{group}/v1");
        list.At("resources", 0, "name").ShouldBe("widgets");
        list.At("resources", 0, "shortNames", 0).ShouldBe("wi");
        (await api.SendAsync("GET", $"/apis/{group}")).At("preferredVersion", "version").ShouldBe("v1");
        (await api.SendAsync("GET", $"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}")).At("status", "conditions", 1, "type").ShouldBe("Established");
    }

    [Fact]
    public async Task Object_Created_IsDefaultedAndServedInEveryVersion()
    {
        var group = await DefineAsync();
        var created = await api.SendAsync("POST", $"/apis/{group}/v1/namespaces/default/widgets", """{"metadata":{"name":"a"},"spec":{"size":2}}""");
        created.Status.ShouldBe(HttpStatusCode.Created);
        created.At("spec", "color").ShouldBe("red");
        created.At("apiVersion").ShouldBe(group + "/v1");
        var older = await api.SendAsync("GET", $"/apis/{group}/v1beta1/namespaces/default/widgets/a");
        older.At("apiVersion").ShouldBe(group + "/v1beta1");
        older.At("spec", "size").ShouldBe("2");
    }

    [Fact]
    public async Task Object_BreaksTheSchema_InvalidWithPaths()
    {
        var group = await DefineAsync();
        var answer = await api.SendAsync("POST", $"/apis/{group}/v1/namespaces/default/widgets", """{"metadata":{"name":"a"},"spec":{"size":99,"color":"mauve"}}""");
        answer.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        answer.At("message")!.ShouldContain("spec.size in body should be less than or equal to 10");
        answer.At("message")!.ShouldContain("spec.color: Unsupported value: \"mauve\": supported values: \"blue\", \"red\"");
        var missing = await api.SendAsync("POST", $"/apis/{group}/v1/namespaces/default/widgets", """{"metadata":{"name":"a"},"spec":{}}""");
        missing.At("message")!.ShouldContain("spec.size: Required value");
        var type = await api.SendAsync("POST", $"/apis/{group}/v1/namespaces/default/widgets", """{"metadata":{"name":"a"},"spec":{"size":"x"}}""");
        type.At("message")!.ShouldContain("spec.size in body must be of type integer: \"string\"");
    }

    [Theory]
    [InlineData("Strict", HttpStatusCode.BadRequest, 0)]
    [InlineData("Warn", HttpStatusCode.Created, 1)]
    [InlineData("Ignore", HttpStatusCode.Created, 0)]
    public async Task Object_UnknownField_IsTreatedAsAsked(string validation, HttpStatusCode expected, int warnings)
    {
        var group = await DefineAsync();
        var answer = await api.SendAsync(
            "POST", $"/apis/{group}/v1/namespaces/default/widgets?fieldValidation={validation}", """{"metadata":{"name":"a"},"spec":{"size":1,"colour":"red","free":{"any":1}}}""");
        answer.Status.ShouldBe(expected);
        answer.Warnings.Count.ShouldBe(warnings);
        if (expected == HttpStatusCode.BadRequest)
        {
            answer.At("message")!.ShouldContain("strict decoding error: unknown field \"spec.colour\"");
        }
        else
        {
            answer.At("spec", "colour").ShouldBeNull();
            answer.At("spec", "free", "any").ShouldBe("1");
        }
    }

    [Fact]
    public async Task Status_IsASubresource_AndGenerationCountsSpecOnly()
    {
        var group = await DefineAsync();
        var path = $"/apis/{group}/v1/namespaces/default/widgets";
        (await api.SendAsync("POST", path, """{"metadata":{"name":"a"},"spec":{"size":1},"status":{"state":"x"}}""")).At("status").ShouldBeNull();
        const string merge = "application/merge-patch+json";
        (await api.SendAsync("PATCH", path + "/a/status", """{"status":{"state":"y"}}""", merge)).At("status", "state").ShouldBe("y");
        var changed = await api.SendAsync("PATCH", path + "/a", """{"spec":{"size":2},"status":{"state":"z"}}""", merge);
        changed.At("status", "state").ShouldBe("y");
        changed.At("metadata", "generation").ShouldBe("2");
        (await api.SendAsync("PATCH", path + "/a", "{}", "application/strategic-merge-patch+json")).Status.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task Table_HasTheDefinitionsColumns()
    {
        var group = await DefineAsync();
        await api.SendAsync("POST", $"/apis/{group}/v1/namespaces/default/widgets", """{"metadata":{"name":"a"},"spec":{"size":3}}""");
        var table = await api.SendAsync("GET", $"/apis/{group}/v1/namespaces/default/widgets", accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        table.At("columnDefinitions", 1, "name").ShouldBe("Size");
        table.At("rows", 0, "cells", 1).ShouldBe("3");
    }

    [Fact]
    public async Task Definition_Deleted_TakesItsObjectsAndIsServedNoMore()
    {
        var group = await DefineAsync();
        await api.SendAsync("POST", $"/apis/{group}/v1/namespaces/default/widgets", """{"metadata":{"name":"a"},"spec":{"size":3}}""");
        await api.SendAsync("DELETE", $"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}");
        (await api.SendAsync("GET", $"/apis/{group}/v1/namespaces/default/widgets")).Status.ShouldBe(HttpStatusCode.NotFound);
        await DefineAsync(group);
        (await api.SendAsync("GET", $"/apis/{group}/v1/namespaces/default/widgets/a")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Definition_NameDoesNotFit_Invalid()
    {
        var answer = await api.SendAsync("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", """{"metadata":{"name":"x"},"spec":{"group":"g.example","names":{"plural":"ys","kind":"Y"},"scope":"Namespaced","versions":[]}}""");
        answer.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        answer.At("message")!.ShouldContain("must be spec.names.plural+\".\"+spec.group");
    }

    private async Task<string> DefineAsync(string? group = null)
    {
        group ??= $"g{Guid.NewGuid().ToString("N")[..8]}.example";
        const string schema = """
            {"type":"object","properties":{
              "spec":{"type":"object","required":["size"],"properties":{
                "size":{"type":"integer","minimum":1,"maximum":10},
                "color":{"type":"string","enum":["red","blue"],"default":"red"},
                "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}},
              "status":{"type":"object","properties":{"state":{"type":"string"}}}}}
            """;
        var versions = string.Join(',', new[] { ("v1beta1", false), ("v1", true) }.Select(v => $$$$$"""
            {"name":"{{{{{v.Item1}}}}}","served":true,"storage":{{{{{(v.Item2 ? "true" : "false")}}}}},"subresources":{"status":{}},"schema":{"openAPIV3Schema":{{{{{schema}}}}}},
             "additionalPrinterColumns":[{"name":"Size","type":"integer","jsonPath":".spec.size"}]}
            """));
        var answer = await api.SendAsync("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", $$$$$"""
            {"metadata":{"name":"widgets.{{{{{group}}}}}"},"spec":{"group":"{{{{{group}}}}}","scope":"Namespaced",
             "names":{"plural":"widgets","kind":"Widget","shortNames":["wi"]},"versions":[{{{{{versions}}}}}]}}
            """);
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body.ToJsonString());
        return group;
    }
}
