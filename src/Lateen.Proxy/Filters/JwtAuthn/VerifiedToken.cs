using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Security.Jwt;

namespace Lateen.Proxy.Filters.JwtAuthn;

/// <summary>A token whose signature was good, with everything that a request with it needs: made once, used as long as the token comes.</summary>
internal sealed class VerifiedToken
{
    private VerifiedToken(JsonWebToken token, JwtProviderConfig provider, Struct? metadata)
    {
        Token = token;
        Metadata = metadata;
        if (provider.PayloadHeader.Length > 0)
        {
            string text = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(token.Payload.GetRawText()));
            Payload = Encoding.ASCII.GetBytes(provider.PadsPayload ? text.PadRight((text.Length + 3) / 4 * 4, '=') : text);
        }
        ClaimHeaders = [.. provider.ClaimHeaders
            .Select(c => (c.Header, Value: Claim(token.Payload, c.Claim)))
            .Where(c => c.Value is not null)
            .Select(c => (c.Header, c.Value!))];
    }

    public JsonWebToken Token { get; }

    /// <summary>The payload in base64url; empty where nobody asks for it.</summary>
    public byte[] Payload { get; } = [];

    /// <summary>The payload under the provider's key; null where nobody asks for it.</summary>
    public Struct? Metadata { get; }

    public (byte[] Header, byte[] Value)[] ClaimHeaders { get; }

    /// <summary>Null for a payload that can not be told to other filters.</summary>
    public static VerifiedToken? Of(JsonWebToken token, JwtProviderConfig provider)
    {
        if (provider.PayloadInMetadata.Length == 0)
        {
            return new(token, provider, null);
        }
        try
        {
            Struct payload = Struct.Parser.ParseJson(token.Payload.GetRawText());
            return new(token, provider, new Struct { Fields = { [provider.PayloadInMetadata] = Value.ForStruct(payload) } });
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            return null;
        }
    }

    // `a.b` names a claim inside of another. Lists and objects go in base64url, as their text may hold anything.
    private static byte[]? Claim(JsonElement payload, string path)
    {
        JsonElement value = payload;
        foreach (string name in path.Split('.'))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value))
            {
                return null;
            }
        }
        return value.ValueKind switch
        {
            JsonValueKind.String => Encoding.UTF8.GetBytes(value.GetString()!) is var text && text.All(b => b is >= 0x20 and not 0x7f) ? text : null,
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => Encoding.ASCII.GetBytes(value.GetRawText()),
            JsonValueKind.Array or JsonValueKind.Object => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(value.GetRawText()))),
            _ => null,
        };
    }
}
