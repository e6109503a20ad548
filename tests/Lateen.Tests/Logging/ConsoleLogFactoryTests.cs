using Lateen.Logging;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Logging;

public sealed class ConsoleLogFactoryTests
{
    private static readonly DateTimeOffset Noon = new(2023, 10, 11, 6, 33, 42, TimeSpan.Zero);

    [Theory]
    [InlineData("ads", "2023-10-11T06:33:42.123456Z\tinfo\tads\thello\n")]
    [InlineData("default", "2023-10-11T06:33:42.123456Z\tinfo\thello\n")]
    [InlineData("Lateen.Xds.AdsClient", "2023-10-11T06:33:42.123456Z\tinfo\txds\thello\n")]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", "2023-10-11T06:33:42.123456Z\tinfo\thttp\thello\n")]
    public void Line_InIstiosForm_HasTabsAndScope(string category, string expected) =>
        Write("default:info", category, LogLevel.Information).ShouldBe(expected);

    [Theory]
    [InlineData("default:info,ads:debug", "ads", LogLevel.Debug, true)]
    [InlineData("default:info,ads:debug", "xds", LogLevel.Debug, false)]
    [InlineData("default:info", "xds", LogLevel.Information, true)]
    [InlineData("warn", "xds", LogLevel.Information, false)]
    [InlineData("default:info,ads:none", "ads", LogLevel.Critical, false)]
    [InlineData("ads:none,all:debug", "ads", LogLevel.Debug, true)]
    public void Level_PerScope_DecidesWhatIsWritten(string levels, string scope, LogLevel level, bool written) =>
        Write(levels, scope, level).Length.ShouldBe(written ? Write("all:debug", scope, level).Length : 0);

    [Fact]
    public void Parse_WrongLevel_NamesThePartAndTheChoices()
    {
        LogLevels.TryParse("default:loud", out _, out var problem).ShouldBeFalse();
        problem.ShouldBe("log level \"default:loud\": \"loud\" is not one of debug, info, warn, error, fatal, none");
    }

    private static string Write(string levels, string category, LogLevel level)
    {
        LogLevels.TryParse(levels, out var parsed, out _).ShouldBeTrue();
        var output = new StringWriter { NewLine = "\n" };
        using var factory = new ConsoleLogFactory(output, parsed, new FixedTime(Noon.AddTicks(1234560)));
        factory.CreateLogger(category).Log(level, 0, "hello", null, static (s, _) => s);
        return output.ToString();
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
