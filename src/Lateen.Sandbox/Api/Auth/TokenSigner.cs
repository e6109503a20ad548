using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Auth;

/// <summary>Signs and checks the sandbox's ServiceAccount tokens: JWTs with ES256 (RFC 7515, RFC 7518 3.4, RFC 7519).</summary>
internal sealed class TokenSigner : IDisposable
{
    private readonly ECDsa _key;
    private readonly Lock _lock = new();

    public TokenSigner(string keyPath)
    {
        _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(keyPath))
        {
            _key.ImportFromPem(File.ReadAllText(keyPath));
        }
        else
        {
            PrivateFile.Write(keyPath, _key.ExportPkcs8PrivateKeyPem());
        }

        KeyId = Base64Url.EncodeToString(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()));
    }

    public string KeyId { get; }

    public string Sign(JsonObject claims)
    {
        var header = new JsonObject { ["alg"] = "ES256", ["kid"] = KeyId };
        var signed = $"{Encode(header)}.{Encode(claims)}";
        lock (_lock)
        {
            return $"{signed}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
        }
    }

    /// <summary>The claims of a token that this key signed and that has not expired; null otherwise.</summary>
    public JsonElement? Verify(string token, DateTimeOffset now)
    {
        if (token.Split('.') is not [var header, var payload, var signature])
        {
            return null;
        }

        try
        {
            var mark = Base64Url.DecodeFromChars(signature);
            bool genuine;
            lock (_lock)
            {
                genuine = _key.VerifyData(Encoding.ASCII.GetBytes($"{header}.{payload}"), mark, HashAlgorithmName.SHA256);
            }

            if (!genuine)
            {
                return null;
            }

            var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(payload)).RootElement;
            return claims.Number("exp") is { } expiry && expiry > now.ToUnixTimeSeconds() ? claims : null;
        }
        catch (Exception problem) when (problem is FormatException or JsonException or CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The public key as a JSON Web Key Set (RFC 7517).</summary>
    public JsonObject KeySet()
    {
        var point = _key.ExportParameters(false).Q;
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["use"] = "sig",
                ["kty"] = "EC",
                ["kid"] = KeyId,
                ["crv"] = "P-256",
                ["alg"] = "ES256",
                ["x"] = Base64Url.EncodeToString(point.X),
                ["y"] = Base64Url.EncodeToString(point.Y),
            }),
        };
    }

    public void Dispose() => _key.Dispose();

    private static string Encode(JsonObject part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));
}
