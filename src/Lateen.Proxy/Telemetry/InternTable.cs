namespace Lateen.Proxy.Telemetry;

/// <summary>Values by the bytes they come from, so that what a peer says again costs a lookup and no allocation. One per thread.</summary>
/// <remarks>Full, it starts over: peers decide what comes in, so it must be bounded, and what is in use is back at once.</remarks>
internal sealed class InternTable<T>(int capacity)
{
    private readonly Dictionary<byte[], T> _values = new(ByteKeys.Instance);

    public int Count => _values.Count;

    public bool TryGet(ReadOnlySpan<byte> bytes, out T? value) => _values.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(bytes, out value);

    public T Add(ReadOnlySpan<byte> bytes, T value)
    {
        if (_values.Count >= capacity)
        {
            _values.Clear();
        }
        _values[bytes.ToArray()] = value;
        return value;
    }

    private sealed class ByteKeys : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly ByteKeys Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            HashCode hash = default;
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
