using Lateen.Proxy.Listeners;

namespace Lateen.Fuzz.Targets;

/// <summary>Inspection of first bytes: once decided, more bytes change nothing.</summary>
internal sealed class ClientHelloTarget : FuzzTarget
{
    public override string Name => "clienthello";

    public override byte[][] Seeds =>
    [
        Hello("a.example"), "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), [0x16, 3, 1, 0, 0],
    ];

    public override void Check(byte[] input, Random random)
    {
        bool tls = random.Next(4) > 0, http = random.Next(4) > 0;
        InspectionResult whole = Inspector.Look(input, tls, http);
        int cut = random.Next(input.Length + 1);
        InspectionResult part = Inspector.Look(input.AsSpan(0, cut), tls, http);
        if (!part.IsIncomplete)
        {
            Require(
                part.IsTls == whole.IsTls && part.ServerName == whole.ServerName && part.ApplicationProtocols.SequenceEqual(whole.ApplicationProtocols),
                $"after {cut} bytes {part}, after {input.Length} {whole}");
        }
    }

    private static byte[] Hello(string name)
    {
        byte[] host = System.Text.Encoding.ASCII.GetBytes(name);
        byte[] sni = [0, 0, 0, (byte)(host.Length + 5), 0, (byte)(host.Length + 3), 0, 0, (byte)host.Length, .. host];
        byte[] alpn = [0, 16, 0, 14, 0, 12, 2, (byte)'h', (byte)'2', 8, .. "http/1.1"u8];
        byte[] body = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 1, 1, 0, 0, (byte)(sni.Length + alpn.Length), .. sni, .. alpn];
        byte[] handshake = [1, 0, 0, (byte)body.Length, .. body];
        return [0x16, 3, 1, 0, (byte)handshake.Length, .. handshake];
    }
}
