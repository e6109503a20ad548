using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Decoding;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config.Decoding;

public class ObjectReaderTests
{
    private static readonly ChoiceNames<DayOfWeek> Days = Choices.Of(("MIDWEEK", DayOfWeek.Wednesday));

    private static (string? Result, IReadOnlyList<ConfigProblem> Problems) Decode(string yaml, Func<ObjectReader, string> read)
    {
        var syntax = new List<ConfigProblem>();
        var node = YamlTree.Read(yaml, "f.yaml", syntax).Single();
        syntax.ShouldBeEmpty();
        var context = new DecodeContext(new ResourceName("VirtualService", "ns", "vs"), "f.yaml");
        return (ValueReader.Root(node, context).Message(read), context.Problems);
    }

    [Fact]
    public void UnknownField_IsReportedWithPathLineAndSuggestion()
    {
        var (_, problems) = Decode("spec:\n  http:\n  - rout: []\n", root =>
        {
            root["spec"].Message(spec =>
            {
                spec["http"].Messages(http => http["route"].Node?.Text ?? "");
                return "";
            });
            return "";
        });
        problems.Single().ToString().ShouldBe("f.yaml:3 VirtualService ns/vs spec.http[0].rout: unknown field: did you mean route?");
        problems.Single().Describe().ShouldBe("spec.http[0].rout: unknown field: did you mean route?");
    }

    [Fact]
    public void EveryProblem_IsCollected()
    {
        var (_, problems) = Decode("a: [1]\nb: x\nc: 70000\nd: 10 apples\ne: WENSDAY\nf: 1\n", root =>
        {
            root["a"].Text();
            root["b"].Boolean();
            root["c"].WholeNumber(1, 65535);
            root["d"].Duration();
            root["e"].Choice(Days);
            root["f"].Message(_ => "");
            return "";
        });
        problems.Select(problem => problem.What).ShouldBe([
            "a list where text is expected",
            "\"x\" where true or false is expected",
            "value 70000 is not in the range 1-65535",
            "\"10 apples\" where a duration such as 10s, 1m or 500ms is expected",
            "\"WENSDAY\" is not one of SUNDAY, MONDAY, TUESDAY, THURSDAY, FRIDAY, SATURDAY, MIDWEEK",
            "1 where an object is expected",
        ]);
    }

    [Fact]
    public void ProtobufJson_SnakeCaseQuotedNumbersAndNullAreAccepted()
    {
        var (result, problems) = Decode("max_retries: '3'\nnothing: null\nconsecutive_5xx_errors: 5\n", root =>
            $"{root["maxRetries"].WholeNumber()} {root["nothing"].Text() ?? "absent"} {root["consecutive5xxErrors"].WholeNumber()}");
        problems.ShouldBeEmpty();
        result.ShouldBe("3 absent 5");
    }

    [Theory]
    [InlineData("1h15m30.5s", 4530.5)]
    [InlineData("500ms", 0.5)]
    [InlineData("-1.5s", -1.5)]
    [InlineData("0", 0)]
    public void Duration_GoSpelling(string text, double seconds)
    {
        DurationText.TryParse(text, out var value).ShouldBeTrue();
        value.TotalSeconds.ShouldBe(seconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("1d")]
    [InlineData("9999999999999999999999h")]
    public void Duration_AnythingElse_IsRefused(string text) => DurationText.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void JsonTree_RoundTrips()
    {
        const string Json = """{"a":[1,true,null,"x",{"b":2.5}]}""";
        JsonTree.ToJson(JsonTree.From(JsonNode.Parse(Json)))!.ToJsonString().ShouldBe(Json);
    }
}
