using Lateen.Agent.Status;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent;

public sealed class MergedMetricsTests
{
    private const string Prometheus = "text/plain; version=0.0.4; charset=utf-8";

    [Theory]
    [InlineData("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    [InlineData("application/openmetrics-text; version=0.0.1; charset=utf-8", "application/openmetrics-text; version=0.0.1; charset=utf-8")]
    [InlineData("application/openmetrics-text", "application/openmetrics-text; version=0.0.1; charset=utf-8")]
    [InlineData("application/openmetrics-text; version=9.0.0", Prometheus)]
    [InlineData("text/html", Prometheus)]
    [InlineData("no type", Prometheus)]
    [InlineData(null, Prometheus)]
    public void Format_OfTheApplicationsAnswer_IsOneThatScrapersKnow(string? type, string expected) => MergedMetrics.Format(type).ShouldBe(expected);
}
