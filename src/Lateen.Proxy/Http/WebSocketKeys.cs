using System.Buffers.Text;
using System.Security.Cryptography;
using Lateen.Net.Http1;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>The key and its echo that WebSocket has over HTTP/1.1 and not over HTTP/2 (RFC 8441 5): made where one side is told of the other.</summary>
internal static class WebSocketKeys
{
    private const int KeyBytes = 16, KeyLength = 24, AcceptLength = 28;

    private static ReadOnlySpan<byte> Key => "sec-websocket-key"u8;

    private static ReadOnlySpan<byte> Accept => "sec-websocket-accept"u8;

    /// <summary>A server of HTTP/1.1 wants a key (RFC 6455 4.2.1). True if there was none and one was made.</summary>
    public static bool AddKey(MessageHead request, FastRandom random)
    {
        if (!HttpSyntax.EqualsIgnoreCase(request.Get(HttpField.Upgrade), "websocket"u8) || request.TryGet(Key, out _))
        {
            return false;
        }
        Span<byte> bytes = stackalloc byte[KeyBytes], text = stackalloc byte[KeyLength];
        for (int i = 0; i < KeyBytes; i += sizeof(ulong))
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes[i..], random.Next());
        }
        Base64.EncodeToUtf8(bytes, text, out _, out _);
        request.Add(Key, text);
        return true;
    }

    /// <summary>A client of HTTP/1.1 wants its key echoed (RFC 6455 4.1), which a server of HTTP/2 does not do.</summary>
    public static void AddAccept(MessageHead request, MessageHead response)
    {
        if (!request.TryGet(Key, out ReadOnlySpan<byte> key) || response.TryGet(Accept, out _) || key.Length > 64)
        {
            return;
        }
        Span<byte> hash = stackalloc byte[20], text = stackalloc byte[AcceptLength];
#pragma warning disable CA5350 // RFC 6455 1.3 names SHA-1; nothing is kept secret by it.
        SHA1.HashData([.. key, .. "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8], hash);
#pragma warning restore CA5350
        Base64.EncodeToUtf8(hash, text, out _, out _);
        response.Add(Accept, text);
    }

    /// <summary>The client sent no key and knows of none.</summary>
    public static void RemoveAccept(MessageHead response) => response.Remove(Accept);
}
