using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Lateen.Security.Jwt;

/// <summary>A signed JSON Web Token (RFC 7519, compact serialisation), taken apart but not verified.</summary>
public sealed record JsonWebToken
{
    /// <summary>JOSE header `alg`.</summary>
    public required string Algorithm { get; init; }

    /// <summary>JOSE header `kid`; empty without.</summary>
    public required string KeyId { get; init; }

    /// <summary>The claims.</summary>
    public required JsonElement Payload { get; init; }

    /// <summary>What is signed: header and payload as sent, with the dot between them.</summary>
    public required byte[] SignedText { get; init; }

    public required byte[] Signature { get; init; }

    /// <summary>`iss`; empty without.</summary>
    public string Issuer => Text("iss");

    /// <summary>`sub`; empty without.</summary>
    public string Subject => Text("sub");

    /// <summary>`exp` in seconds since 1970; null without.</summary>
    public long? Expires => Seconds("exp");

    /// <summary>`nbf`; null without.</summary>
    public long? NotBefore => Seconds("nbf");

    /// <summary>`aud`, one or several.</summary>
    public IEnumerable<string> Audiences => Payload.TryGetProperty("aud", out var value) ? Texts(value) : [];

    /// <summary>Null for what is no token of this form.</summary>
    public static JsonWebToken? Parse(string text)
    {
        var parts = text.Split('.');
        if (parts.Length != 3 || Decode(parts[0]) is not { } header || Decode(parts[1]) is not { } payload || Decode(parts[2]) is not { } signature)
        {
            return null;
        }

        try
        {
            using var head = JsonDocument.Parse(header);
            using var claims = JsonDocument.Parse(payload);
            if (head.RootElement.ValueKind != JsonValueKind.Object || claims.RootElement.ValueKind != JsonValueKind.Object
                || !head.RootElement.TryGetProperty("alg", out var algorithm) || algorithm.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            return new()
            {
                Algorithm = algorithm.GetString()!,
                KeyId = head.RootElement.TryGetProperty("kid", out var kid) && kid.ValueKind == JsonValueKind.String ? kid.GetString()! : "",
                Payload = claims.RootElement.Clone(),
                SignedText = Encoding.ASCII.GetBytes(text[..text.LastIndexOf('.')]),
                Signature = signature,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The text of a claim; empty when it is absent or no text.</summary>
    public string Text(string claim) =>
        Payload.TryGetProperty(claim, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private long? Seconds(string claim) =>
        Payload.TryGetProperty(claim, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds)
            ? (long)seconds
            : null;

    private static IEnumerable<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!),
        _ => [],
    };

    private static byte[]? Decode(string text)
    {
        try
        {
            return Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
