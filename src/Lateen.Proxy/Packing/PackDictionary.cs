namespace Lateen.Proxy.Packing;

/// <summary>What packed messages have in common. Grows at its end; what it holds stays where it is.</summary>
internal sealed class PackDictionary
{
    /// <summary>Bytes that one holds at most; places in it and in a piece fit 16 bits.</summary>
    public const int Capacity = 16 * 1024;

    // Replaced by a larger one, never changed where it was written: who unpacks reads whichever it finds.
    private volatile byte[] _bytes = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan();

    public void Add(ReadOnlySpan<byte> message)
    {
        byte[] grown = new byte[Length + message.Length];
        _bytes.CopyTo(grown, 0);
        message.CopyTo(grown.AsSpan(Length));
        _bytes = grown;
        Length = grown.Length;
    }
}
