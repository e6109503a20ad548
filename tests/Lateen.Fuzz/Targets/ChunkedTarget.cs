using Lateen.Net.Http1;

namespace Lateen.Fuzz.Targets;

/// <summary>The chunked coding: cut anywhere it gives the same bytes and the same verdict.</summary>
internal sealed class ChunkedTarget : FuzzTarget
{
    public override string Name => "chunked";

    public override byte[][] Seeds =>
    [
        "5\r\nhello\r\n0\r\n\r\n"u8.ToArray(), "a;x=\"y\"\r\n0123456789\r\n1\r\nz\r\n0\r\nX-Sum: 1\r\n\r\n"u8.ToArray(), "0\r\n\r\n"u8.ToArray(),
        "000001\r\na\r\n00000\r\n\r\n"u8.ToArray(),
    ];

    public override void Check(byte[] input, Random random)
    {
        bool keep = random.Next(2) == 0;
        ChunkedDecoder whole = new() { KeepsTrailers = keep }, pieces = new() { KeepsTrailers = keep };
        List<byte> first = [], second = [];
        Read(ref whole, input, first);
        InPieces(input, random, piece =>
        {
            Read(ref pieces, piece.Span, second);
            return !(pieces.IsDone || pieces.IsBad || pieces.IsAtTrailers);
        });
        Require(whole.IsDone == pieces.IsDone && whole.IsBad == pieces.IsBad && whole.IsAtTrailers == pieces.IsAtTrailers, "another verdict in pieces");
        Require(whole.IsBad || first.SequenceEqual(second), "other bytes in pieces");
        Require(first.Count <= input.Length, "more came out than went in");
    }

    private static void Read(ref ChunkedDecoder decoder, ReadOnlySpan<byte> input, List<byte> output)
    {
        while (!input.IsEmpty && !decoder.IsDone && !decoder.IsBad && !decoder.IsAtTrailers)
        {
            int n = decoder.Read(input, out ReadOnlySpan<byte> data);
            Require(n > 0, "no progress");
            output.AddRange(data);
            input = input[n..];
        }
    }
}
