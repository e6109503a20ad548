using System.Text.Json.Nodes;
using Lateen.Injection.Patching;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Injection.Patching;

public sealed class JsonPatchDiffTests
{
    [Theory]
    [InlineData("""{"a":1}""", """{"a":1}""", "[]")]
    [InlineData("""{"a":1}""", """{"a":2}""", """[{"op":"replace","path":"/a","value":2}]""")]
    [InlineData("""{"a":1}""", """{"b":1}""", """[{"op":"remove","path":"/a"},{"op":"add","path":"/b","value":1}]""")]
    [InlineData("""{"m":{"x/y~z":1}}""", """{"m":{"x/y~z":2}}""", """[{"op":"replace","path":"/m/x~1y~0z","value":2}]""")]
    [InlineData("""{"l":[1,2,3]}""", """{"l":[1]}""", """[{"op":"remove","path":"/l/2"},{"op":"remove","path":"/l/1"}]""")]
    [InlineData("""{"l":[1]}""", """{"l":[1,2,3]}""", """[{"op":"add","path":"/l/1","value":2},{"op":"add","path":"/l/2","value":3}]""")]
    [InlineData("""{"l":[{}]}""", """{"l":[{"a":1}]}""", """[{"op":"replace","path":"/l/0","value":{"a":1}}]""")]
    [InlineData("""{"r":{}}""", """{"r":{"a":1}}""", """[{"op":"add","path":"/r","value":{"a":1}}]""")]
    public void Compare_TwoDocuments_GivesTheFewOperations(string before, string after, string expected) =>
        JsonPatchDiff.Compare(JsonNode.Parse(before)!, JsonNode.Parse(after)!).ToJsonString().ShouldBe(expected);
}
