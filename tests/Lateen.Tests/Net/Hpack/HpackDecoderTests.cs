using System.Text;
using Lateen.Net.Hpack;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Net.Hpack;

/// <summary>The examples of RFC 7541 Appendix C, and what a decoder must refuse.</summary>
public sealed class HpackDecoderTests
{
    [Fact]
    public void Requests_OfAppendixC4_ShareTheTable()
    {
        HpackDecoder decoder = Decoder();

        Decode(decoder, "828684418cf1e3c2e5f23a6ba0ab90f4ff").ShouldBe([":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"]);
        Decode(decoder, "828684be5886a8eb10649cbf").ShouldBe(
            [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"]);
        Decode(decoder, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf").ShouldBe(
            [":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"]);
    }

    [Fact]
    public void Responses_OfAppendixC5_EvictTheOldest()
    {
        HpackDecoder decoder = new(256, new byte[1024]);

        Decode(decoder, "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d")
            .ShouldBe([":status: 302", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT", "location: https://www.example.com"]);
        Decode(decoder, "4803333037c1c0bf").ShouldBe(
            [":status: 307", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT", "location: https://www.example.com"]);
        Decode(decoder, "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31")
            .ShouldBe([":status: 200", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:22 GMT", "location: https://www.example.com",
                "content-encoding: gzip", "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"]);
    }

    [Theory]
    [InlineData("80")] // index 0
    [InlineData("be")] // beyond both tables
    [InlineData("ffffffffffff0f")] // an integer without end
    [InlineData("0005616263")] // a string longer than the block
    [InlineData("823fe11f")] // a size update behind a field
    [InlineData("3fe2ff03")] // a size update above the limit
    [InlineData("0081ff01")] // broken Huffman
    public void Block_ThatIsBroken_IsRefused(string hex)
    {
        Decoder().TryDecode(Convert.FromHexString(hex), new FieldList()).ShouldBeFalse();
    }

    [Fact]
    public void SizeUpdate_ToZero_EmptiesTheTable()
    {
        HpackDecoder decoder = Decoder();
        Decode(decoder, "400161016282").ShouldBe(["a: b", ":method: GET"]);
        Decode(decoder, "be").ShouldBe(["a: b"]);

        Decode(decoder, "2082").ShouldBe([":method: GET"]);
        decoder.TryDecode(Convert.FromHexString("be"), new FieldList()).ShouldBeFalse();
    }

    [Fact]
    public void RandomFields_ThroughTheEncoder_ComeOutAsTheyWere()
    {
        Random random = new(11);
        HpackEncoder encoder = new();
        HpackDecoder decoder = new(4096, new byte[64 * 1024]);
        string[] names = [.. Enumerable.Range(0, 40).Select(i => $"x-name-{i}"), "cookie", "authorization", "content-type", "date"];
        byte[] output = new byte[64 * 1024];
        for (int message = 0; message < 2000; message++)
        {
            if (message % 97 == 0)
            {
                encoder.SetPeerLimit(random.Next(0, 5000));
            }
            List<string> sent = [];
            int n = encoder.Begin(output);
            for (int i = random.Next(1, 12); i > 0; i--)
            {
                string name = names[random.Next(names.Length)];
                string value = new((char)random.Next('a', 'e'), random.Next(0, random.Next(1, 700)));
                n += encoder.Write(output.AsSpan(n), Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
                sent.Add($"{name}: {value}");
            }
            FieldList seen = new();
            decoder.TryDecode(output.AsSpan(0, n), seen).ShouldBeTrue($"message {message}");
            seen.Fields.ShouldBe(sent);
        }
    }

    [Fact]
    public void Field_ThatRepeats_CostsOneByteFromTheThirdTimeOn()
    {
        HpackEncoder encoder = new();
        byte[] output = new byte[256];

        int first = encoder.Write(output, "x-peer"u8, "the same as ever"u8);
        encoder.Write(output, "x-peer"u8, "the same as ever"u8);
        int third = encoder.Write(output, "x-peer"u8, "the same as ever"u8);

        first.ShouldBeGreaterThan(20);
        third.ShouldBe(1);
    }

    [Fact]
    public void Credentials_AreNeverIndexed()
    {
        HpackEncoder encoder = new();
        byte[] output = new byte[256];
        for (int i = 0; i < 4; i++)
        {
            encoder.Write(output, "authorization"u8, "Bearer x"u8);
            (output[0] & 0xf0).ShouldBe(0x10);
        }
    }

    private static HpackDecoder Decoder() => new(4096, new byte[4096]);

    private static List<string> Decode(HpackDecoder decoder, string hex)
    {
        FieldList fields = new();
        decoder.TryDecode(Convert.FromHexString(hex), fields).ShouldBeTrue();
        return fields.Fields;
    }
}
