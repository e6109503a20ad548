using Lateen.Model.Routing;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Model;

public sealed class RoutingClaimTests
{
    [Theory]
    [InlineData("@request.auth.claims.a.b", "a|b")]
    [InlineData("@request.auth.claims[a][b.c]", "a|b.c")]
    [InlineData("@Request.Auth.Claims[A]", "A")]
    [InlineData("@request.auth.claims", null)]
    [InlineData("@request.auth.claims.", null)]
    [InlineData("@request.auth.claims[]", null)]
    [InlineData("@request.auth.claims[a][]", null)]
    [InlineData("@request.auth.claims[a", null)]
    [InlineData("request.auth.claims.a", null)]
    [InlineData("x-header", null)]
    public void Path_IsTheClaimsNames_NullForWhatIsNone(string header, string? expected) =>
        (RoutingClaim.Path(header) is { } path ? string.Join('|', path) : null).ShouldBe(expected);
}
