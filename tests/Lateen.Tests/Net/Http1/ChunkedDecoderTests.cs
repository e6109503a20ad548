using System.Text;
using Lateen.Net.Http1;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Net.Http1;

/// <summary>The chunked coding, cut at every byte.</summary>
public sealed class ChunkedDecoderTests
{
    [Fact]
    public void Read_CutAnywhere_GivesTheSameBodyAndStopsAtItsEnd()
    {
        byte[] bytes = Encoding.ASCII.GetBytes("4\r\nWiki\r\nA;ext=\"1\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nNEXT");
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            ChunkedDecoder decoder = default;
            StringBuilder body = new();
            int used = Feed(ref decoder, bytes.AsSpan(0, cut), body);
            if (!decoder.IsDone)
            {
                used += Feed(ref decoder, bytes.AsSpan(cut), body);
            }
            decoder.IsDone.ShouldBeTrue($"cut at {cut}");
            body.ToString().ShouldBe("Wiki0123456789");
            Encoding.ASCII.GetString(bytes.AsSpan(used)).ShouldBe("NEXT");
        }
    }

    [Theory]
    [InlineData("g\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("4\nWiki")]
    [InlineData("4\r\nWikiX\r\n")]
    [InlineData("4\r\nWiki\n")]
    [InlineData("4 \r\nWiki")]
    [InlineData("ffffffffffffffff\r\n")]
    [InlineData("0\r\n folded\r\n\r\n")]
    [InlineData("0\r\nA: b\n\r\n")]
    [InlineData("4;a\0b\r\n")]
    public void Read_BrokenFraming_IsBad(string text)
    {
        ChunkedDecoder decoder = default;

        Feed(ref decoder, Encoding.Latin1.GetBytes(text), new StringBuilder());

        decoder.IsBad.ShouldBeTrue();
    }

    private static int Feed(ref ChunkedDecoder decoder, ReadOnlySpan<byte> input, StringBuilder body)
    {
        int used = 0;
        while (used < input.Length && !decoder.IsDone && !decoder.IsBad)
        {
            used += decoder.Read(input[used..], out ReadOnlySpan<byte> data);
            body.Append(Encoding.ASCII.GetString(data));
        }
        return used;
    }
}
