namespace Lateen.Proxy.Tcp;

/// <summary>Tells from the sizes of its reads whether a flow is bulk: a long row of large reads, few small ones among them.</summary>
/// <remarks>Messages that a peer answers one by one never come to the proof, however fast they follow each other.</remarks>
internal struct BulkGauge
{
    /// <summary>A read of so many bytes speaks for bulk.</summary>
    public const int Large = 8 * 1024;

    /// <summary>Bytes in large reads that prove it.</summary>
    public const int Proof = 512 * 1024;

    private int _proof;

    public readonly bool IsBulk => _proof >= Proof;

    /// <summary>A small read takes half of the proof away: one is forgiven, two in a row are not.</summary>
    public void Count(int bytes) => _proof = bytes >= Large ? Math.Min(_proof + bytes, 2 * Proof) : _proof / 2;
}
