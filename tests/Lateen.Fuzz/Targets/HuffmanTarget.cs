using Lateen.Net.Hpack;

namespace Lateen.Fuzz.Targets;

/// <summary>The Huffman code: what decodes encodes to the very same bytes (the code is a bijection, padding included).</summary>
internal sealed class HuffmanTarget : FuzzTarget
{
    public override string Name => "huffman";

    public override byte[][] Seeds => [Convert.FromHexString("f1e3c2e5f23a6ba0ab90f4ff"), Convert.FromHexString("a8eb10649cbf"), [0xff, 0xff, 0xea]];

    public override void Check(byte[] input, Random random)
    {
        byte[] text = new byte[(input.Length * 8 / 5) + 1];
        int length = HuffmanCode.Decode(input, text);
        if (length >= 0)
        {
            byte[] again = new byte[HuffmanCode.EncodedLength(text.AsSpan(0, length))];
            HuffmanCode.Encode(text.AsSpan(0, length), again);
            Require(again.AsSpan().SequenceEqual(input), "another code for the same text");
        }
    }
}
