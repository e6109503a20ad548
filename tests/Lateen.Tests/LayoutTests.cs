using Xunit;

namespace Lateen.Tests;

public sealed class LayoutTests
{
    [Fact]
    public void Placeholder() => Assert.NotNull(typeof(LayoutTests).Assembly);
}
