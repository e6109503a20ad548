namespace Lateen.Proxy.Telemetry;

/// <summary>Counts the messages of a gRPC body: a flag byte, a length of four bytes, the message ("gRPC over HTTP2", Length-Prefixed-Message).</summary>
internal struct GrpcFrames
{
    private const int PrefixLength = 5;

    private uint _length;
    private long _left;
    private int _prefix;

    public long Messages { get; private set; }

    public void Read(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_left > 0)
            {
                int skip = (int)Math.Min(_left, data.Length);
                _left -= skip;
                data = data[skip..];
                continue;
            }
            if (_prefix > 0)
            {
                _length = (_length << 8) | data[0];
            }
            data = data[1..];
            if (++_prefix == PrefixLength)
            {
                Messages++;
                (_left, _length, _prefix) = (_length, 0, 0);
            }
        }
    }
}
