using System.Buffers.Binary;
using System.Text;
using Lateen.Net.Http1;

namespace Lateen.Proxy.Listeners;

/// <summary>What a client's first bytes say.</summary>
internal readonly record struct InspectionResult(bool IsIncomplete, bool IsTls, string ServerName, string[] ApplicationProtocols)
{
    public static readonly InspectionResult More = new(true, false, "", []);
    public static readonly InspectionResult Nothing = new(false, false, "", []);
    public static readonly InspectionResult Http10 = new(false, false, "", ["http/1.0"]);
    public static readonly InspectionResult Http11 = new(false, false, "", ["http/1.1"]);
    public static readonly InspectionResult Http2 = new(false, false, "", ["h2c"]);
}

/// <summary>Envoy's tls_inspector and http_inspector as one pure function over the bytes read so far.</summary>
internal static class Inspector
{
    private const int MaximumHttpBytes = 8192;

    private static ReadOnlySpan<byte> Http2Preface => "PRI * HTTP/2.0\r\n"u8;

    public static InspectionResult Look(ReadOnlySpan<byte> data, bool tls, bool http)
    {
        if (data.IsEmpty)
        {
            return InspectionResult.More;
        }
        // TLS 1.x record of type handshake.
        if (tls && data[0] == 0x16)
        {
            return LookTls(data);
        }
        return http ? LookHttp(data) : InspectionResult.Nothing;
    }

    private static InspectionResult LookHttp(ReadOnlySpan<byte> data)
    {
        if (data[..Math.Min(data.Length, Http2Preface.Length)].SequenceEqual(Http2Preface[..Math.Min(data.Length, Http2Preface.Length)]))
        {
            return data.Length >= Http2Preface.Length ? InspectionResult.Http2 : InspectionResult.More;
        }
        int newline = data.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = newline < 0 ? data : data[..newline];
        int space = line.IndexOf((byte)' ');
        ReadOnlySpan<byte> method = space < 0 ? line : line[..space];
        if (!HttpSyntax.IsToken(method.TrimEnd((byte)'\r')) || method.Length > 32 || (space < 0 && newline >= 0))
        {
            return InspectionResult.Nothing;
        }
        if (newline < 0)
        {
            return data.Length < MaximumHttpBytes ? InspectionResult.More : InspectionResult.Nothing;
        }
        line = line.TrimEnd((byte)'\r');
        return line.EndsWith(" HTTP/1.1"u8) ? InspectionResult.Http11
            : line.EndsWith(" HTTP/1.0"u8) ? InspectionResult.Http10
            : InspectionResult.Nothing;
    }

    // RFC 8446 4.1.2: record header, handshake header, version, random, session id, cipher suites, compression, extensions.
    private static InspectionResult LookTls(ReadOnlySpan<byte> data)
    {
        if (data.Length < 5)
        {
            return InspectionResult.More;
        }
        if (data[1] != 3)
        {
            return InspectionResult.Nothing;
        }
        int record = BinaryPrimitives.ReadUInt16BigEndian(data[3..]);
        if (data.Length < 5 + record)
        {
            return InspectionResult.More;
        }
        InspectionResult bare = new(false, true, "", []);
        ReadOnlySpan<byte> hello = data.Slice(5, record);
        if (hello.Length < 39 || hello[0] != 1)
        {
            return bare;
        }
        hello = hello[38..];
        if (!Skip(ref hello, 1) || !Skip(ref hello, 2) || !Skip(ref hello, 1) || hello.Length < 2)
        {
            return bare;
        }
        hello = hello[2..];
        string name = "";
        string[] protocols = [];
        while (hello.Length >= 4)
        {
            int type = BinaryPrimitives.ReadUInt16BigEndian(hello);
            int length = BinaryPrimitives.ReadUInt16BigEndian(hello[2..]);
            if (hello.Length < 4 + length)
            {
                break;
            }
            ReadOnlySpan<byte> body = hello.Slice(4, length);
            hello = hello[(4 + length)..];
            if (type == 0 && body.Length > 5)
            {
                int nameLength = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(body[3..]), body.Length - 5);
                name = Encoding.ASCII.GetString(body.Slice(5, nameLength)).ToLowerInvariant();
            }
            else if (type == 16 && body.Length > 2)
            {
                protocols = ReadProtocols(body[2..]);
            }
        }
        return new InspectionResult(false, true, name, protocols);
    }

    private static string[] ReadProtocols(ReadOnlySpan<byte> list)
    {
        List<string> protocols = [];
        while (list.Length > 0 && list.Length > list[0])
        {
            protocols.Add(Encoding.ASCII.GetString(list.Slice(1, list[0])));
            list = list[(1 + list[0])..];
        }
        return [.. protocols];
    }

    private static bool Skip(ref ReadOnlySpan<byte> data, int lengthBytes)
    {
        if (data.Length < lengthBytes)
        {
            return false;
        }
        int length = lengthBytes == 1 ? data[0] : BinaryPrimitives.ReadUInt16BigEndian(data);
        if (data.Length < lengthBytes + length)
        {
            return false;
        }
        data = data[(lengthBytes + length)..];
        return true;
    }
}
