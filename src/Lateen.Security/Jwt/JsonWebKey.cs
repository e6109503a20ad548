using System.Security.Cryptography;
using System.Text.Json;

namespace Lateen.Security.Jwt;

/// <summary>One key of a set: RSA, elliptic curve, or a shared secret (RFC 7518, 6).</summary>
internal sealed class JsonWebKey
{
    private readonly string _id;
    private readonly string _algorithm;
    private readonly RSA? _rsa;
    private readonly ECDsa? _curve;
    private readonly byte[]? _secret;

    private JsonWebKey(JsonElement key, RSA? rsa, ECDsa? curve, byte[]? secret)
    {
        _id = Text(key, "kid");
        _algorithm = Text(key, "alg");
        (_rsa, _curve, _secret) = (rsa, curve, secret);
    }

    /// <summary>Null for a key that is of another kind or broken.</summary>
    public static JsonWebKey? Read(JsonElement key)
    {
        if (key.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        try
        {
            return Text(key, "kty") switch
            {
                "RSA" when JsonWebKeySet.Bytes(key, "n") is { Length: > 0 } n && JsonWebKeySet.Bytes(key, "e") is { Length: > 0 } e =>
                    new(key, RSA.Create(new RSAParameters { Modulus = n, Exponent = e }), null, null),
                "EC" when CurveOf(Text(key, "crv")) is { } curve && JsonWebKeySet.Bytes(key, "x") is { } x && JsonWebKeySet.Bytes(key, "y") is { } y =>
                    new(key, null, ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = x, Y = y } }), null),
                "oct" when JsonWebKeySet.Bytes(key, "k") is { Length: > 0 } k => new(key, null, null, k),
                _ => null,
            };
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Name and algorithm are the token's, as far as both say.</summary>
    public bool MayHaveSigned(JsonWebToken token) =>
        (_id.Length == 0 || token.KeyId.Length == 0 || _id == token.KeyId)
        && (_algorithm.Length == 0 || _algorithm == token.Algorithm)
        && (token.Algorithm.Length == 5 ? token.Algorithm[..2] : "") switch
        {
            "RS" or "PS" => _rsa is not null,
            "ES" => _curve is not null,
            "HS" => _secret is not null,
            _ => false,
        };

    public bool Verify(JsonWebToken token)
    {
        if (Hash(token.Algorithm[2..]) is not { } hash)
        {
            return false;
        }

        try
        {
            return token.Algorithm[..2] switch
            {
                "RS" => _rsa!.VerifyData(token.SignedText, token.Signature, hash, RSASignaturePadding.Pkcs1),
                "PS" => _rsa!.VerifyData(token.SignedText, token.Signature, hash, RSASignaturePadding.Pss),
                // RFC 7518, 3.4: the two numbers one after the other, not DER. The curve decides on the hash.
                "ES" => HashOf(_curve!) == hash && _curve!.VerifyData(token.SignedText, token.Signature, hash),
                "HS" => CryptographicOperations.FixedTimeEquals(
                    CryptographicOperations.HmacData(hash, _secret!, token.SignedText), token.Signature),
                _ => false,
            };
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static HashAlgorithmName? Hash(string bits) => bits switch
    {
        "256" => HashAlgorithmName.SHA256,
        "384" => HashAlgorithmName.SHA384,
        "512" => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static HashAlgorithmName HashOf(ECDsa curve) => curve.KeySize switch
    {
        256 => HashAlgorithmName.SHA256,
        384 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    private static ECCurve? CurveOf(string name) => name switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        _ => null,
    };

    private static string Text(JsonElement key, string name) =>
        key.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
