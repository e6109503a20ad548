using System.Text;
using Lateen.Proxy.Routing;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Routing;

public sealed class ByteMapTests
{
    [Fact]
    public void Keys_ThatBeginLikeOneBeforeThem_AreFoundEachWithItsOwnValue()
    {
        string[] keys = ["site.default.svc", "site.default", "site", "site.other", "site.otherwise", "s", "", "10.0.0.1", "10.0.0.11", "10.0.0.1x"];
        ByteMap<string> map = new([.. keys.Select(k => KeyValuePair.Create(k, "of " + k))]);

        foreach (string key in keys)
        {
            map.Find(Encoding.UTF8.GetBytes(key)).ShouldBe("of " + key);
        }
        foreach (string unknown in new[] { "site.", "site.d", "site.default.svc.cluster", "10.0.0", "x" })
        {
            map.Find(Encoding.UTF8.GetBytes(unknown)).ShouldBeNull();
        }
    }
}
