namespace Lateen.Proxy.Filters.JwtAuthn;

/// <summary>Tokens that were verified, by their text, for one provider and one thread: verifying costs as much as a whole request.</summary>
/// <remarks>Only good tokens are kept, so that nobody fills it who cannot sign. When it is full it begins anew.</remarks>
internal sealed class TokenCache
{
    private const int Limit = 1000;

    private readonly Dictionary<byte[], VerifiedToken> _tokens = new(new ByByte());
    private readonly Dictionary<byte[], VerifiedToken>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;

    public TokenCache() => _bySpan = _tokens.GetAlternateLookup<ReadOnlySpan<byte>>();

    public VerifiedToken? Find(ReadOnlySpan<byte> token) => _bySpan.TryGetValue(token, out VerifiedToken? found) ? found : null;

    public void Keep(ReadOnlySpan<byte> token, VerifiedToken verified)
    {
        if (_tokens.Count >= Limit)
        {
            _tokens.Clear();
        }
        _tokens[token.ToArray()] = verified;
    }

    private sealed class ByByte : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] key) => GetHashCode(key.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            HashCode hash = default;
            // The signature is at the end and differs wherever anything differs.
            hash.AddBytes(alternate.Length > 64 ? alternate[^64..] : alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
