using System.Buffers.Text;
using System.Text.Json;

namespace Lateen.Security.Jwt;

/// <summary>Public keys of an issuer (RFC 7517, JSON Web Key Set).</summary>
public sealed class JsonWebKeySet
{
    private readonly JsonWebKey[] _keys;

    private JsonWebKeySet(JsonWebKey[] keys) => _keys = keys;

    public int Count => _keys.Length;

    /// <summary>Reads a set; keys of a kind that is not known are left out, as RFC 7517, 5 asks. Null for what is no key set.</summary>
    public static JsonWebKeySet? Parse(string text)
    {
        try
        {
            using var set = JsonDocument.Parse(text);
            if (set.RootElement.ValueKind != JsonValueKind.Object || !set.RootElement.TryGetProperty("keys", out var keys)
                || keys.ValueKind != JsonValueKind.Array)
            {
                return null;
            }

            return new([.. keys.EnumerateArray().Select(JsonWebKey.Read).OfType<JsonWebKey>()]);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether one of the keys has signed the token.</summary>
    public JwtSignature Verify(JsonWebToken token)
    {
        var result = JwtSignature.NoKey;
        foreach (var key in _keys)
        {
            if (!key.MayHaveSigned(token))
            {
                continue;
            }

            if (key.Verify(token))
            {
                return JwtSignature.Valid;
            }

            result = JwtSignature.Invalid;
        }

        return result;
    }

    internal static byte[]? Bytes(JsonElement key, string name)
    {
        if (!key.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return Base64Url.DecodeFromChars(value.GetString());
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

/// <summary>What keys say of a token.</summary>
public enum JwtSignature
{
    Valid,

    /// <summary>Keys were tried and none fits.</summary>
    Invalid,

    /// <summary>No key of the token's name and algorithm.</summary>
    NoKey,
}
