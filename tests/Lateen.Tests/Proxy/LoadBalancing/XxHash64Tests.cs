using System.Text;
using Lateen.Proxy.LoadBalancing;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.LoadBalancing;

public sealed class XxHash64Tests
{
    // Values that implementations of the algorithm publish; the longest covers the stripes and every kind of rest.
    [Theory]
    [InlineData("", 0xEF46DB3751D8E999UL)]
    [InlineData("a", 0xD24EC4F1A98C6E5BUL)]
    [InlineData("abc", 0x44BC2CF5AD770999UL)]
    [InlineData("Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1UL)]
    public void Of_KnownText_IsThePublishedHash(string text, ulong expected) => XxHash64.Of(Encoding.ASCII.GetBytes(text)).ShouldBe(expected);

    [Fact]
    public void Of_AnotherSeed_IsAnotherHash() => XxHash64.Of("abc"u8, 1).ShouldNotBe(XxHash64.Of("abc"u8));

    [Fact]
    public void Of_EveryLength_DiffersFromItsNeighbours()
    {
        byte[] data = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];
        Enumerable.Range(0, 100).Select(n => XxHash64.Of(data.AsSpan(0, n))).Distinct().Count().ShouldBe(100);
    }
}
