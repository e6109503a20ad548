using System.Text.Json.Nodes;
using Lateen.Conformance;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Conformance;

public sealed class JsonDifferenceTests
{
    [Theory]
    [InlineData("""{"a":1,"b":[1,2]}""", """{"b":[1,2],"a":1.0}""", null)]
    [InlineData("""{"a":1}""", """{"a":2}""", "$.a: expected 1, found 2")]
    [InlineData("""{"a":[1]}""", """{"a":[1,2]}""", "$.a[1]: not expected, found 2")]
    [InlineData("""{"a":{"b":true}}""", """{"a":{}}""", "$.a.b: expected true, found nothing")]
    public void First_TwoValues_NamesTheFirstDifference(string expected, string actual, string? difference) =>
        JsonDifference.First(JsonNode.Parse(expected), JsonNode.Parse(actual)).ShouldBe(difference);
}
