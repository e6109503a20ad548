using Lateen.Sandbox.Kubelet.Spdy;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Kubelet;

public sealed class SpdyHeaderCodecTests
{
    [Fact]
    public void Dictionary_Checksum_IsThePublishedOne() => SpdyDictionary.Id.ShouldBe(0xe3c6a7c2u);

    [Fact]
    public void WrittenBlocks_AreReadBack_OneAfterTheOther()
    {
        using var writer = new SpdyHeaderCodec();
        using var reader = new SpdyHeaderCodec();
        reader.Read(writer.Write(new Dictionary<string, string> { ["StreamType"] = "error", ["port"] = "80" }))
            .ShouldBe(new Dictionary<string, string> { ["streamtype"] = "error", ["port"] = "80" }, ignoreOrder: true);
        reader.Read(writer.Write(new Dictionary<string, string>())).ShouldBeEmpty();
        reader.Read(writer.Write(new Dictionary<string, string> { ["requestID"] = "7" }))["requestid"].ShouldBe("7");
    }

    [Fact]
    public void Block_MadeByZlibWithTheDictionary_IsRead()
    {
        // {"streamtype": "stdout"} as zlib with the dictionary compresses it, sync-flushed, in two blocks of one stream.
        var first = Convert.FromHexString(FirstBlock);
        var second = Convert.FromHexString(SecondBlock);
        using var reader = new SpdyHeaderCodec();
        reader.Read(first)["streamtype"].ShouldBe("stdout");
        reader.Read(second)["streamtype"].ShouldBe("content-type");
    }

    [Theory]
    [InlineData("ffffffff")]
    [InlineData("0000000100000100")]
    public void Block_WithWrongLengths_IsRefused(string plain)
    {
        using var reader = new SpdyHeaderCodec();
        var bytes = Convert.FromHexString(plain);
        byte[] block = [0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2, 0, (byte)bytes.Length, 0, (byte)~bytes.Length, 0xff, .. bytes];
        Should.Throw<InvalidDataException>(() => reader.Read(block));
    }

    private const string FirstBlock = "78f9e3c6a7c202a62346703a2b294a4dcc851625c0149b925f5a02000000ffff";

    private const string SecondBlock = "c22a8752ec00000000ffff";
}
