using System.Text.Json.Nodes;
using Lateen.Sandbox.Api;
using Lateen.Sandbox.Api.Patching;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Api;

public sealed class PatchTests
{
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":[1]}""", """{"a":[2]}""", """{"a":[2]}""")]
    [InlineData("""{"a":{"b":1,"c":2}}""", """{"a":{"b":null}}""", """{"a":{"c":2}}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void MergePatch_Rfc7396Examples_Hold(string target, string patch, string expected) =>
        Same(JsonMergePatch.Apply(JsonNode.Parse(target), JsonNode.Parse(patch)), expected);

    [Theory]
    [InlineData("""[{"op":"add","path":"/a/-","value":3}]""", """{"a":[1,2,3],"b":{"c/d":1}}""")]
    [InlineData("""[{"op":"add","path":"/a/0","value":0}]""", """{"a":[0,1,2],"b":{"c/d":1}}""")]
    [InlineData("""[{"op":"remove","path":"/a/1"}]""", """{"a":[1],"b":{"c/d":1}}""")]
    [InlineData("""[{"op":"replace","path":"/b/c~1d","value":2}]""", """{"a":[1,2],"b":{"c/d":2}}""")]
    [InlineData("""[{"op":"test","path":"/a/0","value":1},{"op":"move","from":"/b","path":"/e"}]""", """{"a":[1,2],"e":{"c/d":1}}""")]
    [InlineData("""[{"op":"copy","from":"/a/0","path":"/b/x"}]""", """{"a":[1,2],"b":{"c/d":1,"x":1}}""")]
    public void JsonPatch_EachOperation_Works(string patch, string expected) =>
        Same(JsonPatch.Apply(JsonNode.Parse("""{"a":[1,2],"b":{"c/d":1}}""")!, JsonNode.Parse(patch)!.AsArray()), expected);

    [Theory]
    [InlineData("""[{"op":"remove","path":"/x"}]""")]
    [InlineData("""[{"op":"replace","path":"/x","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/a/9","value":1}]""")]
    [InlineData("""[{"op":"test","path":"/a/0","value":7}]""")]
    [InlineData("""[{"op":"frobnicate","path":"/a"}]""")]
    public void JsonPatch_ImpossibleOperation_IsRefused(string patch) =>
        Should.Throw<ApiException>(() => JsonPatch.Apply(JsonNode.Parse("""{"a":[1]}""")!, JsonNode.Parse(patch)!.AsArray())).Code.ShouldBe(422);

    [Fact]
    public void StrategicMerge_Containers_MergeByName()
    {
        const string target = """{"spec":{"containers":[{"name":"a","image":"1","env":[{"name":"x","value":"1"}]},{"name":"b","image":"1"}]}}""";
        const string patch = """{"spec":{"containers":[{"name":"a","image":"2","env":[{"name":"y","value":"2"}]},{"name":"b","$patch":"delete"}]}}""";
        Same(Strategic(target, patch), """{"spec":{"containers":[{"name":"a","image":"2","env":[{"name":"x","value":"1"},{"name":"y","value":"2"}]}]}}""");
    }

    [Fact]
    public void StrategicMerge_ElementOrder_IsKept()
    {
        const string target = """{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""";
        const string patch = """{"spec":{"$setElementOrder/containers":[{"name":"c"},{"name":"b"},{"name":"a"}],"containers":[{"name":"c"}]}}""";
        Same(Strategic(target, patch), """{"spec":{"containers":[{"name":"c"},{"name":"b"},{"name":"a"}]}}""");
    }

    [Fact]
    public void StrategicMerge_Directives_ReplaceDeleteAndRetain()
    {
        Same(Strategic("""{"spec":{"a":1,"b":2}}""", """{"spec":{"$patch":"replace","c":3}}"""), """{"spec":{"c":3}}""");
        Same(
            Strategic("""{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{}}}}""", """{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"""),
            """{"spec":{"strategy":{"type":"Recreate"}}}""");
        Same(
            Strategic("""{"metadata":{"finalizers":["a","b"]}}""", """{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"finalizers":["c"]}}"""),
            """{"metadata":{"finalizers":["b","c"]}}""");
    }

    [Fact]
    public void StrategicMerge_ListWithoutKey_IsReplaced() =>
        Same(Strategic("""{"spec":{"containers":[{"name":"a","args":["1","2"]}]}}""", """{"spec":{"containers":[{"name":"a","args":["3"]}]}}"""),
            """{"spec":{"containers":[{"name":"a","args":["3"]}]}}""");

    private static JsonObject Strategic(string target, string patch) =>
        StrategicMergePatch.Apply(JsonNode.Parse(target)!.AsObject(), JsonNode.Parse(patch)!.AsObject(), "Pod");

    private static void Same(JsonNode? actual, string expected) =>
        JsonNode.DeepEquals(actual, JsonNode.Parse(expected)).ShouldBeTrue($"expected {expected}, got {actual?.ToJsonString()}");
}
