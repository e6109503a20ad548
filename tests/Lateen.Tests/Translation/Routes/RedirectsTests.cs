using Lateen.Model.Networking;
using Lateen.Translation.Routes;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Translation.Routes;

public sealed class RedirectsTests
{
    [Theory]
    [InlineData(null, "", 8080, false, 8080u)]
    [InlineData(null, "http", 80, false, 0u)]
    [InlineData(null, "https", 443, false, 0u)]
    [InlineData(null, "", 443, true, 0u)]
    [InlineData(null, "", 443, false, 443u)]
    [InlineData(null, "https", 80, false, 80u)]
    [InlineData(443, "https", 80, false, 0u)]
    [InlineData(443, "http", 80, false, 443u)]
    [InlineData(8443, "", 80, true, 8443u)]
    public void Port_OfTheScheme_IsLeftOut(int? port, string scheme, int listenPort, bool isTls, uint expected)
    {
        var redirect = new HttpRedirect { Scheme = scheme, Port = port, DerivePort = port is null ? RedirectPortSelection.FromRequestPort : null };

        Redirects.Build(redirect, listenPort, isTls).PortRedirect.ShouldBe(expected);
    }

    [Fact]
    public void Port_ThatNobodyAsksFor_IsNotSet() => Redirects.Build(new HttpRedirect { Authority = "a" }, 8080, false).PortRedirect.ShouldBe(0u);
}
