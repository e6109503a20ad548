using Xunit;

namespace Lateen.ScenarioTests;

public sealed class LayoutTests
{
    [Fact]
    public void Placeholder() => Assert.NotNull(typeof(LayoutTests).Assembly);
}
