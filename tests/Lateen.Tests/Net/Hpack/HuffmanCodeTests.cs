using System.Text;
using Lateen.Net.Hpack;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Net.Hpack;

/// <summary>RFC 7541 5.2 and the strings of its Appendix C.</summary>
public sealed class HuffmanCodeTests
{
    [Theory]
    [InlineData("www.example.com", "f1e3c2e5f23a6ba0ab90f4ff")]
    [InlineData("no-cache", "a8eb10649cbf")]
    [InlineData("custom-value", "25a849e95bb8e8b4bf")]
    [InlineData("Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff")]
    [InlineData("https://www.example.com", "9d29ad171863c78f0b97c8e9ae82ae43d3")]
    public void Text_OfTheRfc_EncodesAndDecodes(string text, string hex)
    {
        byte[] plain = Encoding.ASCII.GetBytes(text), coded = new byte[HuffmanCode.EncodedLength(plain)];

        HuffmanCode.Encode(plain, coded).ShouldBe(coded.Length);
        Convert.ToHexStringLower(coded).ShouldBe(hex);
        byte[] back = new byte[plain.Length];
        HuffmanCode.Decode(coded, back).ShouldBe(plain.Length);
        back.ShouldBe(plain);
    }

    [Fact]
    public void EveryByte_InEveryPosition_SurvivesTheWay()
    {
        Random random = new(7);
        for (int length = 1; length < 300; length++)
        {
            byte[] plain = new byte[length];
            random.NextBytes(plain);
            byte[] coded = new byte[HuffmanCode.EncodedLength(plain)];
            HuffmanCode.Encode(plain, coded).ShouldBe(coded.Length);
            byte[] back = new byte[length];
            HuffmanCode.Decode(coded, back).ShouldBe(length);
            back.ShouldBe(plain);
        }
    }

    [Theory]
    [InlineData("ffffffff")] // EOS within the string
    [InlineData("1fff")] // padding of eight bits and more
    [InlineData("18")] // "a" is 00011, padding 000 is not the start of EOS
    public void Padding_ThatIsNone_IsRefused(string hex)
    {
        HuffmanCode.Decode(Convert.FromHexString(hex), new byte[64]).ShouldBe(-1);
    }

    [Fact]
    public void Output_WithoutRoom_IsRefused()
    {
        byte[] coded = new byte[HuffmanCode.EncodedLength("abcdef"u8)];
        HuffmanCode.Encode("abcdef"u8, coded);
        HuffmanCode.Decode(coded, new byte[5]).ShouldBe(-1);
    }
}
