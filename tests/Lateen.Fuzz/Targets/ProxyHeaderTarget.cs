using Lateen.Net.ProxyProtocol;
using Lateen.Net.Sockets;

namespace Lateen.Fuzz.Targets;

/// <summary>PROXY headers: once decided, more bytes change nothing; what was read and is written again reads the same.</summary>
internal sealed class ProxyHeaderTarget : FuzzTarget
{
    public override string Name => "proxy";

    public override byte[][] Seeds =>
    [
        "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\nGET / HTTP/1.1\r\n"u8.ToArray(), "PROXY TCP6 2001:db8::1 ::1 1 65535\r\n"u8.ToArray(),
        "PROXY UNKNOWN ffff:: ffff:: 65535 65535\r\n"u8.ToArray(),
        [.. ProxyHeaderReader.Signature, 0x21, 0x11, 0, 12, 192, 0, 2, 1, 198, 51, 100, 2, 0x10, 0, 1, 187, (byte)'G'],
        [.. ProxyHeaderReader.Signature, 0x21, 0x21, 0, 42, .. new byte[36], 0x01, 0, 3, (byte)'a', (byte)'b', (byte)'c'],
        [.. ProxyHeaderReader.Signature, 0x20, 0, 0, 0],
    ];

    public override void Check(byte[] input, Random random)
    {
        ProxyHeaderStatus status = ProxyHeaderReader.Read(input, out ProxyHeader header);
        ProxyHeaderStatus part = ProxyHeaderReader.Read(input.AsSpan(0, random.Next(input.Length + 1)), out ProxyHeader early);
        Require(part == ProxyHeaderStatus.Incomplete || (part == status && early.Length == header.Length), $"first {part}, then {status}");
        if (status != ProxyHeaderStatus.Complete)
        {
            return;
        }
        Require(header.Length <= input.Length, "the header is longer than the input");
        ProxyRecords? records = ProxyRecords.Select(header.Records, _ => true);
        byte[] again = header.Version == 1
            ? ProxyHeaderWriter.WriteLine(header.Source, header.Destination)
            : ProxyHeaderWriter.WriteBinary(header.Source, header.Destination, records);
        Require(ProxyHeaderReader.Read(again, out ProxyHeader second) == ProxyHeaderStatus.Complete, "the written header does not read");
        Require(
            second.HasAddresses == header.HasAddresses && Same(second.Source, header.Source) && Same(second.Destination, header.Destination)
            && second.Length == again.Length, "the written header reads otherwise");
    }

    private static bool Same(in IpEndpoint a, in IpEndpoint b) => a.Equals(b);
}
