using System.Text;
using Lateen.Net.Http1;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Net.Http1;

/// <summary>RFC 9112 6.3: where a message's body ends.</summary>
public sealed class BodyReaderTests
{
    [Theory]
    [InlineData("content-length: 4\r\n", "bodyHTTP/1.1", "body", true)]
    [InlineData("content-length: 4\r\n", "bo", "bo", false)]
    [InlineData("transfer-encoding: chunked\r\n", "2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\nHTTP/1.1", "body", true)]
    [InlineData("transfer-encoding: chunked\r\n", "2\r\nbo\r\n", "bo", false)]
    [InlineData("", "all that comes", "all that comes", false)]
    public void Body_CutAtEveryByte_IsReadToItsEndAndNoFurther(string field, string input, string expected, bool done)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(input);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            BodyReader reader = Of(field);
            List<byte> body = [];
            int consumed = Read(ref reader, bytes.AsSpan(0, cut), body);
            consumed += consumed == cut ? Read(ref reader, bytes.AsSpan(cut), body) : 0;

            Encoding.ASCII.GetString([.. body]).ShouldBe(expected, $"cut at {cut}");
            reader.IsDone.ShouldBe(done);
            input[consumed..].ShouldBe(done ? "HTTP/1.1" : "");
        }
    }

    [Fact]
    public void ChunkedBody_ThatIsBroken_IsBad()
    {
        BodyReader reader = Of("transfer-encoding: chunked\r\n");

        reader.Read("no size"u8, out _);

        reader.IsBad.ShouldBeTrue();
    }

    [Fact]
    public void Trailers_ThatAreKept_AreLeftToBeRead()
    {
        BodyReader reader = Of("transfer-encoding: chunked\r\n", keepsTrailers: true);

        int consumed = reader.Read("0\r\nfield: value\r\n\r\n"u8, out _);

        reader.IsAtTrailers.ShouldBeTrue();
        consumed.ShouldBe(3);
    }

    private static int Read(ref BodyReader reader, ReadOnlySpan<byte> input, List<byte> body)
    {
        int at = 0;
        while (at < input.Length && !reader.IsDone)
        {
            at += reader.Read(input[at..], out ReadOnlySpan<byte> piece);
            body.AddRange(piece);
        }
        return at;
    }

    private static BodyReader Of(string field, bool keepsTrailers = false)
    {
        MessageHead head = new();
        head.Parse(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{field}\r\n"), HeadLimits.Response, isRequest: false, out _).ShouldBe(HeadStatus.Complete);
        return BodyReader.Of(head, keepsTrailers);
    }
}
