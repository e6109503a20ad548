using Lateen.Security;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Security;

public sealed class SpiffeIdTests
{
    [Theory]
    [InlineData("spiffe://td.example/ns/a/sa/b", true)]
    [InlineData("spiffe://td/ns//sa/b", false)]
    [InlineData("spiffe://td/ns/a/sa/", false)]
    [InlineData("spiffe://td/ns/a/sa/b/", false)]
    [InlineData("td/ns/a/sa/b", false)]
    public void TryParse_TakesIstiosForm_WithoutEmptySegments(string text, bool expected) => SpiffeId.TryParse(text, out _).ShouldBe(expected);

    [Fact]
    public void ToString_OfATrustDomainWithAnAtSign_HasADotThere() =>
        new SpiffeId("mesh@project.example", "a", "b").ToString().ShouldBe("spiffe://mesh.project.example/ns/a/sa/b");

    [Fact]
    public void InTrustDomains_OfWorkloadsAndOtherNames_AddsOnlyWorkloadsLikes() =>
        SpiffeId.InTrustDomains(["spiffe://td/ns/a/sa/b", "a.example"], ["old", "older"])
            .ShouldBe(["spiffe://td/ns/a/sa/b", "spiffe://old/ns/a/sa/b", "spiffe://older/ns/a/sa/b", "a.example"]);
}
