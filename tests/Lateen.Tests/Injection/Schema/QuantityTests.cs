using Lateen.Injection.Schema;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Injection.Schema;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("2000m", "2")]
    [InlineData("1024Mi", "1Gi")]
    [InlineData("128Mi", "128Mi")]
    [InlineData("0.5Gi", "512Mi")]
    [InlineData("1.5", "1500m")]
    [InlineData("100m", "100m")]
    [InlineData("0", "0")]
    [InlineData("1000", "1k")]
    [InlineData("1000Ki", "1000Ki")]
    [InlineData("1000000000000", "1T")]
    [InlineData("1e3", "1e3")]
    [InlineData("0.0000000001", "1n")]
    [InlineData("-1500m", "-1500m")]
    [InlineData("+5", "5")]
    [InlineData("12E", "12E")]
    [InlineData("512Ki", "512Ki")]
    public void Canonical_Quantity_HasTheLargestSuffix(string text, string expected) => Quantity.Canonical(text).ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("much")]
    [InlineData("1X")]
    [InlineData("1.2.3")]
    [InlineData("1e999999999")]
    public void Canonical_NoQuantity_IsNull(string text) => Quantity.Canonical(text).ShouldBeNull();
}
