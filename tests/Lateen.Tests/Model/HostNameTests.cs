using Lateen.Model;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Model;

public sealed class HostNameTests
{
    [Theory]
    [InlineData("a.example.com", "a.example.com", true)]
    [InlineData("a.example.com", "*.example.com", true)]
    [InlineData("a.example.com", "*", true)]
    [InlineData("*.example.com", "*.com", true)]
    [InlineData("*.com", "*.example.com", true)]
    [InlineData("example.com", "*.example.com", false)]
    [InlineData("a.example.com", "*.example.org", false)]
    public void Matches_IsWhetherAnyNameIsCommon(string a, string b, bool expected)
    {
        HostName.Matches(a, b).ShouldBe(expected);
        HostName.Matches(b, a).ShouldBe(expected);
    }

    [Theory]
    [InlineData("a.example.com", "*.example.com", true)]
    [InlineData("*.example.com", "*.com", true)]
    [InlineData("*.com", "*.example.com", false)]
    [InlineData("*.example.com", "a.example.com", false)]
    public void IsSubsetOf_AsksForEveryName(string host, string other, bool expected) =>
        HostName.IsSubsetOf(host, other).ShouldBe(expected);

    [Fact]
    public void MostSpecific_PrefersExactThenLongestWildcard()
    {
        HostName.MostSpecific("a.b.com", ["*", "*.com", "*.b.com"]).ShouldBe("*.b.com");
        HostName.MostSpecific("a.b.com", ["*.b.com", "a.b.com"]).ShouldBe("a.b.com");
        HostName.MostSpecific("a.b.org", ["*.com"]).ShouldBeNull();
    }

    [Fact]
    public void CompareSpecificity_Sorts_NamesThenWildcardsEachLongestFirst()
    {
        string[] hosts = ["*", "b.com", "*.com", "a.b.com", "a.com", "*.b.com"];
        Array.Sort(hosts, HostName.CompareSpecificity);
        hosts.ShouldBe(["a.b.com", "a.com", "b.com", "*.b.com", "*.com", "*"]);
    }

    [Theory]
    [InlineData("reviews", "reviews.default.svc.cluster.local")]
    [InlineData("reviews.prod", "reviews.prod")]
    [InlineData("*", "*")]
    [InlineData("reviews.prod.svc", "reviews.prod.svc.cluster.local")]
    [InlineData("reviews.prod.svc.cluster.local", "reviews.prod.svc.cluster.local")]
    [InlineData("prod.svc", "prod.svc")]
    [InlineData("a.reviews.prod.svc", "a.reviews.prod.svc")]
    [InlineData("*.prod.svc", "*.prod.svc")]
    [InlineData("10.0.0.1", "10.0.0.1")]
    public void Resolve_ShortName_BelongsToTheNamespace(string host, string expected) =>
        HostName.Resolve(host, "default").ShouldBe(expected);
}
