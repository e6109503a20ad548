using System.Buffers.Binary;
using Lateen.Proxy.Telemetry;

namespace Lateen.Proxy.Tcp;

/// <summary>How far the reading of a peer's hello is.</summary>
internal enum PeerHelloStatus
{
    Incomplete,

    /// <summary><see cref="PeerHelloReader.Payload"/> is what the peer said.</summary>
    Complete,

    /// <summary>The peer did not begin with one: its bytes are the application's.</summary>
    Absent,
}

/// <summary>Takes a <see cref="PeerHello"/> out of the bytes that come first, however they are cut.</summary>
internal sealed class PeerHelloReader
{
    private readonly byte[] _prefix = new byte[PeerHello.PrefixLength];
    private int _prefixLength;
    private byte[]? _payload;
    private uint _length;
    private uint _taken;

    /// <summary>Bytes that were taken as the beginning of a hello and are none: to be passed on when the status is Absent, or the stream ends.</summary>
    public ReadOnlySpan<byte> Held => _payload is null && _length == 0 ? _prefix.AsSpan(0, _prefixLength) : [];

    /// <summary>What the peer said behind the prefix; empty where that was too long to be kept, or is not complete.</summary>
    public ReadOnlySpan<byte> Payload => _taken == _length ? _payload : [];

    /// <summary>It is known what the peer said, or that it says nothing.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Reads on; returns what of the bytes is the application's.</summary>
    /// <param name="data">What has come.</param>
    /// <param name="isLast">Nothing follows.</param>
    public ReadOnlySpan<byte> Strip(ReadOnlySpan<byte> data, bool isLast)
    {
        PeerHelloStatus status = Read(data, out ReadOnlySpan<byte> rest);
        IsOver = isLast || status != PeerHelloStatus.Incomplete;
        return !IsOver ? [] : Held.IsEmpty ? rest : (byte[])[.. Held, .. rest];
    }

    /// <summary>Reads on.</summary>
    /// <param name="data">What has come.</param>
    /// <param name="rest">What of it is behind the hello, or with status Absent: behind <see cref="Held"/>.</param>
    public PeerHelloStatus Read(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> rest)
    {
        rest = data;
        if (_prefixLength < _prefix.Length)
        {
            PeerHelloStatus status = ReadPrefix(ref rest);
            if (status != PeerHelloStatus.Complete)
            {
                return status;
            }
            _length = BinaryPrimitives.ReadUInt32BigEndian(_prefix.AsSpan(4));
            _payload = _length <= PeerHello.MaximumLength ? new byte[_length] : [];
        }
        int n = (int)Math.Min(_length - _taken, (uint)rest.Length);
        if (_payload!.Length > 0)
        {
            rest[..n].CopyTo(_payload.AsSpan((int)_taken));
        }
        _taken += (uint)n;
        rest = rest[n..];
        return _taken == _length ? PeerHelloStatus.Complete : PeerHelloStatus.Incomplete;
    }

    // The first byte that is not the magic number's decides, so that a peer without a hello never waits.
    private PeerHelloStatus ReadPrefix(ref ReadOnlySpan<byte> data)
    {
        while (_prefixLength < _prefix.Length && !data.IsEmpty)
        {
            if (_prefixLength < 4 && data[0] != (byte)(PeerHello.Magic >> (24 - (8 * _prefixLength))))
            {
                return PeerHelloStatus.Absent;
            }
            _prefix[_prefixLength++] = data[0];
            data = data[1..];
        }
        return _prefixLength == _prefix.Length ? PeerHelloStatus.Complete : PeerHelloStatus.Incomplete;
    }
}
