using Lateen.Config.Decoding;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config.Decoding;

public sealed class NameRulesTests
{
    [Theory]
    [InlineData("app", true)]
    [InlineData("app.kubernetes.io/name", true)]
    [InlineData("istio./key", false)]
    [InlineData(".istio/key", false)]
    [InlineData("/key", false)]
    [InlineData("istio/", false)]
    [InlineData("a/b/c", false)]
    public void IsLabelKey_WantsAWholeNameBeforeTheSlash(string key, bool expected) => NameRules.IsLabelKey(key).ShouldBe(expected);
}
